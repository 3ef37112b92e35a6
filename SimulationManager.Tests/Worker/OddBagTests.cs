using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Worker;

/// <summary>Bags that no robot should record, and bundles that change behind our back: <c>docs/replay.md</c>, section Odd bags.</summary>
public sealed class OddBagTests(ApiFixture fixture) : IDisposable
{
    private const long Millisecond = 1_000_000;
    private const long Year = 365L * 24 * 3600 * 1_000_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Timestamps_that_run_backwards_are_put_in_order_with_their_payloads()
    {
        using var recording = Recording.Open(BagFixtures.WriteBag(_folder["bag"], [30, 10, 20, 10, -5]), CancellationToken.None);
        var timeline = recording.TimelineOf(["/a", "/b"]);

        Assert.Equal([0L, 15, 15, 25, 35], Enumerable.Range(0, timeline.Count).Select(timeline.PositionOf));
        Assert.Equal([4, 1, 3, 2, 0], Enumerable.Range(0, timeline.Count).Select(index => BagFixtures.PayloadNumber(Read(timeline, index))));
        Assert.Equal(-5, timeline.Start);
    }

    [Fact]
    public void Messages_are_played_by_the_times_at_which_they_were_sent_if_asked_for()
    {
        using (var writer = BagWriter.Create(_folder["bag"], new BagWriterOptions { Storage = BagStorageFormat.Mcap }))
        {
            int[] topics = [writer.AddTopic(BagFixtures.Topic("/a")), writer.AddTopic(BagFixtures.Topic("/b"))];
            foreach (var (number, published) in new long[] { 1003, 1002, 1001, 1000 }.Index()) writer.Write(topics[number % 2], 2000 + number, published, 0, BagFixtures.Payload(number));
            writer.Complete();
        }
        using var recording = Recording.Open(_folder["bag"], CancellationToken.None);

        var sent = recording.TimelineOf(["/b"], byPublishTime: true);
        var received = recording.TimelineOf(["/b"]);

        Assert.Equal((1000, 3, "3@0 1@2"), (sent.Start, sent.Duration, Described(sent)));
        Assert.Equal((2000, 3, "1@1 3@3"), (received.Start, received.Duration, Described(received)));
        Assert.Same(sent, recording.TimelineOf(["/b"], byPublishTime: true));

        static string Described(ReplayTimeline timeline)
        {
            return string.Join(' ', Enumerable.Range(0, timeline.Count).Select(index => $"{BagFixtures.PayloadNumber(Read(timeline, index))}@{timeline.PositionOf(index)}"));
        }
    }

    [Theory]
    [InlineData(new long[] { 30 * Millisecond, 10 * Millisecond, 20 * Millisecond }, 3)]
    [InlineData(new long[] { 7, 7, 7, 7 }, 4)]
    [InlineData(new long[] { -20 * Millisecond, -10 * Millisecond, 0 }, 3)]
    [InlineData(new long[] { long.MinValue, long.MinValue + 1 }, 2)]
    [InlineData(new long[] { 0, 10 * Millisecond, 3 * Year }, 2)]
    [InlineData(new long[] { long.MinValue, 0, long.MaxValue }, 1)]
    public async Task Odd_timestamps_end_completed_with_what_falls_into_the_time_limit(long[] times, int played)
    {
        var (scenario, worker) = await SystemAsync();
        var files = await scenario.UploadAsync(BagFixtures.WriteBag(_folder["bag"], times));
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, files, ["/a", "/b"], agents: 2, seconds: 1));

        await worker.Execution(id).Start();
        var ended = await scenario.WaitForEndAsync(id, Patience);

        Assert.Equal((RunStatus.Completed, 2L * played, 100), (ended.Status, ended.MessagesOut, ended.OverallProgress));
    }

    [Fact]
    public async Task Message_of_fifty_megabytes_is_played_and_arrives_whole()
    {
        const int Size = 50_000_000;
        var payload = new byte[Size];
        new Random(1).NextBytes(payload);
        using (var writer = BagWriter.Create(_folder["big"]))
        {
            var topic = writer.AddTopic(BagFixtures.Topic("/big"));
            writer.Write(topic, 0, payload);
            writer.Write(topic, 2000 * Millisecond, payload);
            writer.Complete();
        }
        var (scenario, worker) = await SystemAsync();
        var files = await scenario.UploadAsync(_folder["big"]);
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, files, ["/big"], agents: 1, repeats: 1000, seconds: 600));
        await worker.Execution(id).Start();
        await using (var observer = await Observer.OfAsync(worker, id, agent: 1))
            await Wait.UntilAsync(() => observer.Seen.TryPeek(out var arrival) && arrival.Payload.AsSpan().SequenceEqual(payload), Patience, "the whole message");

        await worker.Execution(id).Stop();

        Assert.True((await scenario.ReadAsync(id)).MessagesOut > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bundle_that_is_removed_or_replaced_while_it_plays_is_played_to_its_end(bool removed)
    {
        var (scenario, worker) = await SystemAsync();
        var files = await scenario.UploadAsync(BagFixtures.WriteBag(_folder["bag"], Enumerable.Range(0, 41).Select(index => index * 50 * Millisecond)));
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, files, ["/a", "/b"], agents: 3));
        await worker.Execution(id).Start();
        await Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).MessagesOut > 0, Patience, "messages");

        foreach (var file in files) await ChangeAsync(worker.Get<BundleStore>(), file, removed);
        var ended = await scenario.WaitForEndAsync(id, Patience);

        Assert.Equal((RunStatus.Completed, 3L * 41), (ended.Status, ended.MessagesOut));
    }

    [Fact]
    public async Task Bundle_whose_size_has_changed_before_it_is_fetched_fails_the_part_and_says_so()
    {
        var (scenario, worker) = await SystemAsync();
        var files = await scenario.UploadAsync(BagFixtures.WriteBag(_folder["bag"], [0, 10 * Millisecond]));
        await ChangeAsync(worker.Get<BundleStore>(), files[0], removed: false);
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, files, ["/a"], agents: 1));

        await worker.Execution(id).Start();
        var ended = await scenario.WaitForEndAsync(id, Patience);

        Assert.Equal(RunStatus.Failed, ended.Status);
        Assert.Contains("the bundle was changed", ended.Parts.Single().Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BagStorageFormat.Sqlite3)]
    [InlineData(BagStorageFormat.Mcap)]
    public async Task Agents_that_begin_with_the_index_put_out_what_is_in_the_bag(BagStorageFormat format)
    {
        var (scenario, worker) = await SystemAsync();
        var files = await scenario.UploadAsync(WriteIndexedBag(format));
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, files, ["/a", "/b"], agents: 2, repeats: 2));

        await worker.Execution(id).Start();
        await using (var observer = await Observer.OfAsync(worker, id, agent: 1))
        {
            await scenario.WaitForEndAsync(id, Patience);
            await Wait.UntilAsync(() => !observer.Seen.IsEmpty, Patience, "messages");
            Assert.All(observer.Seen, seen => Assert.Equal(seen.Message.Index, BagFixtures.PayloadNumber(seen.Payload)));
        }

        Assert.Equal((RunStatus.Completed, 2L * 2 * 41), ((await scenario.ReadAsync(id)).Status, (await scenario.ReadAsync(id)).MessagesOut));
    }

    [Fact]
    public async Task Bag_that_turns_out_to_be_damaged_while_agents_play_fails_the_part_and_says_so()
    {
        var (scenario, worker) = await SystemAsync();
        var files = await scenario.UploadAsync(WriteIndexedBag(BagStorageFormat.Mcap));
        var bag = files.Single(file => file.Kind == TemplateFileKind.Bag);
        await worker.Get<BundleStore>().PutAsync(bag.ObjectKey, new MemoryStream(new byte[bag.Size]), bag.Size, "application/octet-stream", TestContext.Current.CancellationToken);
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, files, ["/a"], agents: 3, repeats: 1000, seconds: 600));

        await worker.Execution(id).Start();
        var ended = await scenario.WaitForEndAsync(id, Patience);

        Assert.Equal(RunStatus.Failed, ended.Status);
        Assert.Contains("the bag cannot be read", ended.Parts.Single().Error, StringComparison.Ordinal);
    }

    /// <summary>Two seconds of 41 messages, and their index beside them.</summary>
    private string WriteIndexedBag(BagStorageFormat format)
    {
        var folder = BagFixtures.WriteBag(_folder["bag"], Enumerable.Range(0, 41).Select(index => index * 50 * Millisecond), new BagWriterOptions { Storage = format });
        using var bag = BagReader.Open(folder);
        BagIndex.Write(bag, Path.Combine(folder, Recording.IndexName));
        return folder;
    }

    /// <summary>Where all files are at hand, nothing is waited for.</summary>
    private static byte[] Read(ReplayTimeline timeline, int message)
    {
        var read = timeline.ReadPayloadAsync(message, TestContext.Current.CancellationToken).AsTask();
        Assert.True(read.IsCompletedSuccessfully);
        return read.Result;
    }

    private static async Task ChangeAsync(BundleStore store, PlannedFile file, bool removed)
    {
        if (removed) await store.RemoveAsync(file.ObjectKey, TestContext.Current.CancellationToken);
        else await store.PutAsync(file.ObjectKey, new MemoryStream([1, 2, 3]), 3, "application/octet-stream", TestContext.Current.CancellationToken);
    }

    private async Task<(Scenario Scenario, WorkerHost Worker)> SystemAsync()
    {
        var worker = await fixture.WorkerAsync();
        return (new Scenario(worker.Services), worker);
    }
}
