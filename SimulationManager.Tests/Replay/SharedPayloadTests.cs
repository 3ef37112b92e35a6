using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>A payload is read once, however many agents and sinks send it, within bounds.</summary>
public sealed class SharedPayloadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Agents_that_send_the_same_message_share_one_reading()
    {
        var source = new CountingSource();
        var timeline = TimelineOf(source, [.. Enumerable.Repeat(100, 50)]);
        var renamed = timeline.Renamed(new Dictionary<string, string> { ["/a"] = "/b" });

        for (var agent = 0; agent < 20; agent++)
        {
            for (var message = 0; message < timeline.Count; message++)
            {
                var payload = await (agent % 2 == 0 ? timeline : renamed).ReadPayloadAsync(message, Cancellation);
                Assert.Equal((100, (byte)message), (payload.Length, payload[0]));
            }
        }

        Assert.Equal(50, source.Reads);
    }

    [Fact]
    public async Task What_was_asked_for_long_ago_is_let_go()
    {
        const int size = 8 << 20;
        var source = new CountingSource();
        var timeline = TimelineOf(source, [.. Enumerable.Repeat(size, 20)]);
        var references = new List<WeakReference>();
        for (var message = 0; message < timeline.Count; message++) references.Add(new WeakReference(await timeline.ReadPayloadAsync(message, Cancellation)));

        GC.Collect();

        // 64 MiB are kept.
        Assert.InRange(references.Count(reference => reference.IsAlive), 1, 9);
        Assert.Equal(19, (await timeline.ReadPayloadAsync(19, Cancellation))[0]);
        Assert.Equal(20, source.Reads);
        Assert.Equal(0, (await timeline.ReadPayloadAsync(0, Cancellation))[0]);
        Assert.Equal(21, source.Reads);
        GC.KeepAlive(timeline);
    }

    [Fact]
    public async Task Messages_beyond_the_number_that_is_kept_are_read_again_and_right()
    {
        var source = new CountingSource();
        var timeline = TimelineOf(source, [.. Enumerable.Repeat(4, 20_000)]);

        for (var pass = 0; pass < 2; pass++)
        {
            for (var message = 0; message < timeline.Count; message++) Assert.Equal((byte)message, (await timeline.ReadPayloadAsync(message, Cancellation))[0]);
        }

        Assert.InRange(source.Reads, 20_001, 40_000);
    }

    private static ReplayTimeline TimelineOf(IPayloadSource source, int[] sizes) =>
        new([.. sizes.Select((_, index) => (long)index)], new ushort[sizes.Length], sizes, ["/a"], sizes.Length, source);

    private sealed class CountingSource : IPayloadSource
    {
        private int _reads;

        public int Reads => _reads;

        public ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reads);
            buffer.Span[0] = (byte)message;
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
