using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

public sealed class ReadingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Messages_come_in_time_order_across_overlapping_files()
    {
        // Files of two messages each: (10, 40), (20, 30), (25, 25).
        var bag = WriteBag(_folder["bag"], [10, 40, 20, 30, 25, 25], new BagWriterOptions { MaxFileBytes = 100 });

        Assert.Equal(3, BagBundle.Locate(bag).Files.Count);
        Assert.Equal([0, 2, 4, 5, 3, 1], Numbers(bag));
    }

    [Fact]
    public void Equal_timestamps_come_in_file_order_and_then_in_row_order()
    {
        var bag = WriteBag(_folder["bag"], [7, 7, 7, 7, 7, 7, 7], new BagWriterOptions { MaxFileBytes = 100 });

        Assert.Equal([0, 1, 2, 3, 4, 5, 6], Numbers(bag));
    }

    [Fact]
    public void Timestamps_that_run_backwards_are_read_sorted()
    {
        var times = Enumerable.Range(0, 1000).Select(i => 1000L - i);
        var bag = WriteBag(_folder["bag"], times);

        Assert.Equal(Enumerable.Range(0, 1000).Reverse(), Numbers(bag));
    }

    [Fact]
    public void Shuffled_timestamps_are_read_sorted()
    {
        var times = Enumerable.Range(0, 2000).Select(i => (long)i).ToArray();
        new Random(5).Shuffle(times);
        var bag = WriteBag(_folder["bag"], times, new BagWriterOptions { MaxFileBytes = 10_000 });

        using var reader = BagReader.Open(bag);
        var read = new List<long>();
        foreach (var message in reader.ReadMessages())
        {
            read.Add(message.TimestampNs);
            Assert.Equal(message.TimestampNs, times[PayloadNumber(message.Data)]);
        }

        Assert.Equal(times.Order(), read);
    }

    [Fact]
    public void Negative_timestamps_and_jumps_over_the_whole_range_are_read_as_they_are()
    {
        var bag = WriteBag(_folder["bag"], [long.MinValue, -1, 0, 1, long.MaxValue]);

        Assert.Equal([0, 1, 2, 3, 4], Numbers(bag));
        var inspection = BagVerifier.Verify(bag);
        Assert.Equal(long.MaxValue, inspection.Info!.DurationNs);
        Assert.Contains("TimestampsNegative(bag_0.db3)", Codes(inspection));
        Assert.Contains("TimestampJump(bag_0.db3)", Codes(inspection));
    }

    [Fact]
    public void A_file_without_time_index_is_read_sorted()
    {
        var bag = WriteBag(_folder["bag"], [30, 10, 20]);
        Execute(Path.Combine(bag, "bag_0.db3"), "DROP INDEX timestamp_idx");

        Assert.Equal([1, 2, 0], Numbers(bag));
        Assert.Contains("TimestampIndexMissing(bag_0.db3)", Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Gaps_between_row_ids_do_not_disturb_the_order()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 500).Select(i => (long)i));
        Execute(Path.Combine(bag, "bag_0.db3"), "DELETE FROM messages WHERE id % 7 = 3 OR id BETWEEN 100 AND 300");

        var expected = Enumerable.Range(0, 500).Where(i => (i + 1) % 7 != 3 && i + 1 is < 100 or > 300).Where(i => (i + 1) % 7 != 3);
        Assert.Equal(expected, Numbers(bag));
    }

    [Theory]
    [InlineData(long.MinValue, 0)]
    [InlineData(0, 0)]
    [InlineData(250, 25)]
    [InlineData(251, 26)]
    [InlineData(990, 99)]
    [InlineData(991, 100)]
    [InlineData(long.MaxValue, 100)]
    public void Seek_goes_to_the_first_message_at_or_after_the_time(long timeNs, int first)
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 100).Select(i => i * 10L), new BagWriterOptions { MaxFileDurationNs = 200 });
        using var reader = BagReader.Open(bag);
        using var cursor = reader.ReadMessages();
        for (var i = 0; i < 50; i++)
            cursor.MoveNext();

        cursor.Seek(timeNs);

        var rest = new List<int>();
        while (cursor.MoveNext())
            rest.Add(PayloadNumber(cursor.Current.Data));
        Assert.Equal(Enumerable.Range(first, 100 - first), rest);
    }

    [Fact]
    public void Range_and_topics_select_messages()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 100).Select(i => i * 10L), new BagWriterOptions { MaxFileDurationNs = 200 });

        Assert.Equal([21, 23, 25], Numbers(bag, new BagReadOptions { FromNs = 205, ToNs = 250, Topics = ["/b"] }));
        Assert.Equal([20, 21, 22], Numbers(bag, new BagReadOptions { FromNs = 200, ToNs = 229, Topics = ["/b", "/a", "/none"] }));
        Assert.Empty(Numbers(bag, new BagReadOptions { Topics = ["/none"] }));
        Assert.Empty(Numbers(bag, new BagReadOptions { FromNs = 300, ToNs = 200 }));
    }

    [Fact]
    public void Topic_ids_that_differ_between_files_are_one_topic()
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3, 4], new BagWriterOptions { MaxFileBytes = 100 });
        Execute(Path.Combine(bag, "bag_1.db3"), "UPDATE topics SET id = id + 5000", "UPDATE messages SET topic_id = topic_id + 5000");

        using var reader = BagReader.Open(bag);
        Assert.Equal(["/a", "/b", "/a", "/b"], ReadAll(reader).Select(message => message.Topic));
        Assert.Equal(2, reader.Topics.Count);
    }

    [Fact]
    public void Messages_without_a_topic_are_skipped_and_reported()
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3, 4]);
        Execute(Path.Combine(bag, "bag_0.db3"), "UPDATE messages SET topic_id = 99 WHERE id = 2");

        Assert.Equal([0, 2, 3], Numbers(bag));
        Assert.Contains("OrphanMessages(bag_0.db3)", Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Bag_in_the_first_schema_is_read()
    {
        var bag = WriteBag(_folder["bag"], [1, 2]);
        Execute(Path.Combine(bag, "bag_0.db3"),
            "DROP TABLE schema", "DROP TABLE metadata", "DROP TABLE message_definitions",
            "ALTER TABLE topics DROP COLUMN type_description_hash", "ALTER TABLE topics DROP COLUMN offered_qos_profiles");

        Assert.Equal([0, 1], Numbers(bag));
        Assert.Equal(1, BagVerifier.Verify(bag).Info!.SchemaVersion);
    }

    [Fact]
    public void Folder_with_unusual_characters_is_read()
    {
        var bag = WriteBag(_folder["100% 로봇 #1?"], [1, 2, 3]);

        Assert.Equal([0, 1, 2], Numbers(bag));
    }

    [Fact]
    public void Reading_leaves_nothing_beside_the_files()
    {
        var bag = CopyOf("talker", _folder);

        ReadAll(bag);

        Assert.Equal(["metadata.yaml", "talker.db3"], Directory.EnumerateFiles(bag).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData(BagCompression.None)]
    [InlineData(BagCompression.Message)]
    public void Moving_to_the_next_message_does_not_allocate(BagCompression compression)
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 20_000).Select(i => (long)i), new BagWriterOptions { Compression = compression });
        using var reader = BagReader.Open(bag);
        using var cursor = reader.ReadMessages();
        for (var i = 0; i < 1000; i++)
            cursor.MoveNext();
        var bytes = cursor.Current.Data.Length;

        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = 0;
        while (cursor.MoveNext())
        {
            bytes += cursor.Current.Data.Length;
            count++;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(19_000, count);
        Assert.True(bytes > 0);
    }

    [Fact]
    public async Task One_reader_serves_many_threads()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 5000).Select(i => (long)i), new BagWriterOptions { MaxFileBytes = 50_000 });
        using var reader = BagReader.Open(bag);

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ReadAll(reader))));

        Assert.All(results, messages => Assert.Equal(results[0], messages));
        Assert.Equal(5000, results[0].Count);
    }
}
