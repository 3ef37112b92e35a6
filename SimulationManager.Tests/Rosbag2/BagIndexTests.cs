using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>Bags that are read by their index, which says the same as the bag.</summary>
public sealed class BagIndexTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string IndexPath => _folder["bag.index"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(BagStorageFormat.Sqlite3, BagCompression.None)]
    [InlineData(BagStorageFormat.Sqlite3, BagCompression.File)]
    [InlineData(BagStorageFormat.Sqlite3, BagCompression.Message)]
    [InlineData(BagStorageFormat.Mcap, BagCompression.None)]
    [InlineData(BagStorageFormat.Mcap, BagCompression.File)]
    public void Index_says_what_the_bag_says(BagStorageFormat storage, BagCompression compression)
    {
        // More than one block of the index, out of order, in several files.
        var times = Enumerable.Range(0, 17_000).Select(number => (long)number / 3).ToArray();
        new Random(7).Shuffle(times.AsSpan(1000, 1000));
        (times[0], times[1], times[^1]) = (long.MinValue, long.MaxValue, -1);

        AssertSame(WriteBag(_folder["bag"], times, new BagWriterOptions { Storage = storage, MaxFileBytes = 400_000, Compression = compression }), 17_000);
    }

    [Fact]
    public void Index_says_what_recorded_bags_say()
    {
        foreach (var bag in SharedBags) AssertSame(Shared(bag));
    }

    [Fact]
    public void Message_is_read_from_the_bytes_that_its_range_names_alone()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 300).Select(number => (long)number), new BagWriterOptions { Storage = BagStorageFormat.Mcap, ChunkBytes = 1024 });
        var index = IndexOf(bag);
        var whole = Path.Combine(bag, index.Files.Single());
        var arrived = Path.Combine(Directory.CreateDirectory(_folder["arriving"]).FullName, index.Files.Single());
        using (var file = File.Create(arrived)) file.SetLength(new FileInfo(whole).Length);
        var bytes = File.ReadAllBytes(whole);
        using var indexed = new IndexedBag(index, _folder["arriving"]);
        var timeline = index.LoadTimeline();
        using var payloads = indexed.OpenPayloads(timeline);

        Assert.Throws<BagFormatException>(() => payloads.Fetch(250));
        var (_, position, length) = indexed.RangeOf(timeline, 250);
        using (var file = new FileStream(arrived, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = position;
            file.Write(bytes, (int)position, (int)length);
        }

        Assert.Equal(250, PayloadNumber(payloads.Fetch(250)));
        Assert.InRange(length, 100, bytes.Length / 5);
    }

    [Theory]
    [InlineData(BagStorageFormat.Mcap, new long[] { 5, 12, 20, 30 }, "2 1 0 3")]
    // Its files keep no publish times.
    [InlineData(BagStorageFormat.Sqlite3, new long[] { 10, 20, 30, 40 }, "0 1 2 3")]
    public void By_publish_time_messages_stand_where_they_were_published_if_the_file_says_when(BagStorageFormat storage, long[] times, string order)
    {
        using (var writer = BagWriter.Create(_folder["bag"], new BagWriterOptions { Storage = storage }))
        {
            var topic = writer.AddTopic(Topic("/a"));
            foreach (var (number, published) in new long[] { 20, 12, 5, 30 }.Index()) writer.Write(topic, 10 * (number + 1), published, 0, Payload(number));
            writer.Complete();
        }
        var index = IndexOf(_folder["bag"]);

        var timeline = index.LoadTimeline(byPublishTime: true);
        using var bag = new IndexedBag(index, _folder["bag"]);
        using var payloads = bag.OpenPayloads(timeline);

        Assert.Equal(times, timeline.TimestampsNs.ToArray());
        Assert.Equal(order, string.Join(' ', Enumerable.Range(0, 4).Select(message => PayloadNumber(payloads.Fetch(message)))));
        Assert.Equal([10, 20, 30, 40], index.LoadTimeline().TimestampsNs.ToArray());
    }

    [Fact]
    public void Publish_time_that_is_not_known_is_the_recorded_one()
    {
        using (var writer = BagWriter.Create(_folder["bag"], new BagWriterOptions { Storage = BagStorageFormat.Mcap }))
        {
            var topic = writer.AddTopic(Topic("/a"));
            writer.Write(topic, 10, 0, 0, Payload(0));
            writer.Write(topic, 20, 7, 0, Payload(1));
            writer.Complete();
        }

        Assert.Equal([7, 10], IndexOf(_folder["bag"]).LoadTimeline(byPublishTime: true).TimestampsNs.ToArray());
    }

    [Fact]
    public void Damaged_index_is_refused_or_leads_to_nothing_worse_than_a_refusal()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 400).Select(number => (long)number), new BagWriterOptions { Storage = BagStorageFormat.Mcap, ChunkBytes = 2000 });
        IndexOf(bag);
        var good = File.ReadAllBytes(IndexPath);
        var random = new Random(5);
        var refused = 0;
        for (var round = 0; round < 600; round++)
        {
            var bytes = good.ToArray();
            if (round % 10 == 0) Array.Resize(ref bytes, random.Next(bytes.Length));
            else bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(IndexPath, bytes);
            try
            {
                ReadEverything(bag);
            }
            catch (BagFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 200, 600);
    }

    [Fact]
    public void Index_of_another_version_is_refused()
    {
        IndexOf(Shared("talker"));
        var bytes = File.ReadAllBytes(IndexPath);
        bytes[7]++;
        File.WriteAllBytes(IndexPath, bytes);

        Assert.Contains("another version", Assert.Throws<BagFormatException>(() => BagIndex.Open(IndexPath)).Message, StringComparison.Ordinal);
    }

    private void AssertSame(string path, int? messages = null)
    {
        using var bag = BagReader.Open(path);
        var (index, expected) = (IndexOf(path), BagTimeline.Load(bag));
        var timeline = index.LoadTimeline();
        using var indexed = new IndexedBag(index, path);
        using var payloads = indexed.OpenPayloads(timeline);
        using var expectedPayloads = new BagPayloadReader(bag, expected);

        Assert.Equal(messages ?? expected.Count, timeline.Count);
        Assert.Equal(bag.Topics, index.Topics);
        Assert.Equal(bag.RosDistro, index.RosDistro);
        Assert.Equal(bag.MessageDefinitions.Where(definition => definition.Binary.IsEmpty), index.MessageDefinitions);
        Assert.Equal(bag.Files.Select(file => file.Name), index.Files);
        Assert.Equal(expected.TimestampsNs.ToArray(), timeline.TimestampsNs.ToArray());
        Assert.Equal(expected.TopicIds.ToArray(), timeline.TopicIds.ToArray());
        Assert.Equal(expected.Sizes.ToArray(), timeline.Sizes.ToArray());
        for (var message = 0; message < timeline.Count; message++)
        {
            Assert.Equal(expected.SourceOf(message), timeline.SourceOf(message));
            Assert.True(expectedPayloads.Fetch(message).SequenceEqual(payloads.Fetch(message)));
        }
    }

    private void ReadEverything(string path)
    {
        var index = BagIndex.Open(IndexPath);
        var timeline = index.LoadTimeline();
        using var bag = new IndexedBag(index, path);
        bag.OpenFiles();
        using var payloads = bag.OpenPayloads(timeline);
        for (var message = 0; message < timeline.Count; message++)
        {
            bag.RangeOf(timeline, message);
            payloads.Fetch(message);
        }
    }

    private BagIndex IndexOf(string path)
    {
        using var bag = BagReader.Open(path);
        BagIndex.Write(bag, IndexPath);
        return BagIndex.Open(IndexPath);
    }
}
