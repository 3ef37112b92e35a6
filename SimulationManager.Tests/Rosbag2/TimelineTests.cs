using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

public sealed class TimelineTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(BagCompression.None)]
    [InlineData(BagCompression.File)]
    [InlineData(BagCompression.Message)]
    public void Timeline_and_payloads_agree_with_the_cursor(BagCompression compression)
    {
        var times = Enumerable.Range(0, 3000).Select(i => (long)i / 3).ToArray();
        new Random(7).Shuffle(times.AsSpan(1000, 1000));
        var bag = WriteBag(_folder["bag"], times, new BagWriterOptions { MaxFileBytes = 20_000, Compression = compression });
        using var reader = BagReader.Open(bag);

        var timeline = BagTimeline.Load(reader);
        using var payloads = new BagPayloadReader(reader, timeline);

        var index = 0;
        var buffer = new byte[timeline.LargestMessageBytes];
        foreach (var message in reader.ReadMessages())
        {
            Assert.Equal(
                (message.TimestampNs, message.TopicId, (message.FileIndex, message.RowId), message.Data.Length),
                (timeline.TimestampsNs[index], timeline.TopicIds[index], timeline.SourceOf(index), timeline.Sizes[index]));
            var length = payloads.Read(index, buffer);
            Assert.True(message.Data.SequenceEqual(buffer.AsSpan(0, length)));
            index++;
        }

        Assert.Equal(timeline.Count, index);
        Assert.Equal(3000, index);
    }

    [Fact]
    public void Payloads_are_fetched_in_any_order_without_allocating()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 5000).Select(i => (long)i), new BagWriterOptions { MaxFileBytes = 100_000 });
        using var reader = BagReader.Open(bag);
        var timeline = BagTimeline.Load(reader);
        using var payloads = new BagPayloadReader(reader, timeline);
        var order = Enumerable.Range(0, 5000).ToArray();
        new Random(3).Shuffle(order);
        foreach (var index in order)
            payloads.Fetch(index);
        var expected = order.Sum(index => (long)Payload(index).Length);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var total = 0L;
        foreach (var index in order)
            total += payloads.Fetch(index).Length;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(expected, total);
    }

    [Fact]
    public void Find_first_is_a_lower_bound()
    {
        var bag = WriteBag(_folder["bag"], [10, 20, 20, 30]);
        using var reader = BagReader.Open(bag);

        var timeline = BagTimeline.Load(reader);

        Assert.Equal([0, 0, 1, 1, 3, 3, 4], new long[] { -5, 10, 11, 20, 21, 30, 31 }.Select(timeline.FindFirst));
        Assert.Equal((10, 30), (timeline.StartNs, timeline.EndNs));
    }

    [Fact]
    public void Range_and_topics_select_entries()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 100).Select(i => i * 10L));
        using var reader = BagReader.Open(bag);

        var timeline = BagTimeline.Load(reader, new BagReadOptions { FromNs = 205, ToNs = 250, Topics = ["/b"] });

        Assert.Equal([210, 230, 250], timeline.TimestampsNs.ToArray());
    }

    [Fact]
    public void Empty_bag_has_an_empty_timeline()
    {
        using var reader = BagReader.Open(Shared("empty_bag"));

        var timeline = BagTimeline.Load(reader);

        Assert.Equal((0, 0, 0L), (timeline.Count, timeline.LargestMessageBytes, timeline.TotalBytes));
        Assert.Equal(0, timeline.FindFirst(5));
    }
}
