using System.Text;
using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;
using static SimulationManager.Tests.Rosbag2.McapBuilder;

namespace SimulationManager.Tests.Rosbag2;

public sealed class McapReadingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bagel_mcap", 15, 2_970_267_210, "")]
    [InlineData("bagel_mcap_zstd", 6, 600_880, "kilted")]
    public void Real_recording_has_what_its_metadata_says(string name, int count, long durationNs, string distro)
    {
        var inspection = BagVerifier.Verify(Shared(name));

        Assert.True(inspection.IsReadable);
        Assert.DoesNotContain(inspection.Findings, finding => finding.Code is not (BagFindingCode.TopicEmpty or BagFindingCode.TimestampsOutOfOrder));
        Assert.Equal((count, durationNs, "mcap", distro),
            (inspection.Info!.MessageCount, inspection.Info.DurationNs, inspection.Info.StorageIdentifier, inspection.Info.RosDistro));
        Assert.Equal(inspection.Metadata!.Topics.OrderBy(topic => topic.Topic.Name).Select(topic => (topic.Topic.Name, topic.Topic.Type, topic.MessageCount, topic.Topic.TypeDescriptionHash)),
            inspection.Info.Topics.OrderBy(topic => topic.Topic.Name).Select(topic => (topic.Topic.Name, topic.Topic.Type, topic.MessageCount, topic.Topic.TypeDescriptionHash)));
        Assert.Equal(count, ReadAll(Shared(name)).Count);
        AssertTimelineAgrees(Shared(name));
    }

    [Fact]
    public void Real_recording_carries_definitions_with_the_hashes_of_their_topics()
    {
        using var bag = BagReader.Open(Shared("bagel_mcap"));

        var definition = Assert.Single(bag.MessageDefinitions, definition => definition.TopicType == "sensor_msgs/msg/FluidPressure");
        Assert.Equal(("ros2msg", "RIHS01_22dfb2b145a0bd5a31a1ac3882a1b32148b51d9b2f3bab250290d66f3595bc32"), (definition.Encoding, definition.TypeDescriptionHash));
        Assert.Contains("float64 fluid_pressure", definition.Text, StringComparison.Ordinal);
        Assert.Single(QosProfile.ParseList(bag.Topics[bag.FindTopic("/fluid_pressure")].OfferedQosProfiles));
    }

    [Fact]
    public void Lone_file_without_metadata_is_a_bag()
    {
        File.Copy(Path.Combine(Shared("bagel_mcap"), "part_0.mcap"), _folder["part_0.mcap"]);

        Assert.Equal(15, ReadAll(_folder["part_0.mcap"]).Count);
        Assert.Contains("MetadataMissing", Codes(BagVerifier.Verify(_folder.Path)));
        var metadata = BagReindexer.Reindex(_folder.Path);
        Assert.Equal(("mcap", 15), (metadata.StorageIdentifier, metadata.MessageCount));
        Assert.DoesNotContain(BagVerifier.Verify(_folder.Path).Findings, finding => finding.Code == BagFindingCode.MetadataMissing);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public void Chunks_are_read_with_and_without_a_summary(string compression)
    {
        var messages = Enumerable.Range(0, 500).Select(i => ((ushort)(1 + (i % 2)), i * 10L, Payload(i))).Chunk(100).ToArray();
        byte[] Write(bool summary)
        {
            var file = new McapBuilder();
            if (summary)
                file.RawAll(Topics());
            else
                file.Raw(Chunk([.. Topics().SelectMany(record => record)], 0, 0, compression));
            foreach (var chunk in messages)
                file.Messages(compression, chunk);
            return summary ? file.Finish([.. Topics(), Statistics(500, 2, (1, 250), (2, 250))]) : file.Finish();
        }

        foreach (var summary in (bool[])[true, false])
        {
            File.WriteAllBytes(_folder["a.mcap"], Write(summary));
            Assert.Equal(Enumerable.Range(0, 500), Numbers(_folder["a.mcap"]));
            AssertTimelineAgrees(_folder["a.mcap"]);
            Assert.DoesNotContain(BagVerifier.Verify(_folder["a.mcap"]).Findings, finding => finding.Code != BagFindingCode.MetadataMissing && finding.Code != BagFindingCode.SummaryDisagrees);
        }
    }

    [Fact]
    public void Messages_outside_of_chunks_are_read_with_records_between_them()
    {
        var file = new McapBuilder().RawAll(Topics());
        for (var i = 0; i < 3000; i++)
        {
            file.Raw(Message((ushort)(1 + (i % 2)), i, [.. Payload(i)]));
            if (i % 1000 == 500)
                file.Raw(Metadata("note", ("i", $"{i}"))).Raw(Channel(1, 1, "/a")).Raw(Attachment("a.txt", new byte[2_000_000])).Raw(Record(0x90, [1, 2, 3]));
        }

        File.WriteAllBytes(_folder["a.mcap"], file.Finish(Topics()));

        Assert.Equal(Enumerable.Range(0, 3000), Numbers(_folder["a.mcap"]));
        Assert.Equal(Enumerable.Range(500, 11).Where(i => i % 2 == 1),
            Numbers(_folder["a.mcap"], new BagReadOptions { FromNs = 500, ToNs = 510, Topics = ["/b"] }));
        AssertTimelineAgrees(_folder["a.mcap"]);
    }

    [Fact]
    public void Overlapping_chunks_and_unsorted_messages_are_merged_by_time()
    {
        var random = new Random(5);
        var file = new McapBuilder().RawAll(Topics());
        var times = new List<long>();
        for (var chunk = 0; chunk < 20; chunk++)
        {
            var first = chunk % 4 * 100;
            var messages = Enumerable.Range(0, 50).Select(i => ((ushort)1, (long)first + random.Next(150), Payload(times.Count + i))).ToArray();
            times.AddRange(messages.Select(message => message.Item2));
            file.Messages(chunk % 2 == 0 ? "zstd" : "lz4", messages);
        }

        File.WriteAllBytes(_folder["a.mcap"], file.Finish(Topics()));

        var expected = Enumerable.Range(0, times.Count).OrderBy(number => times[number]).ToList();
        Assert.Equal(expected, Numbers(_folder["a.mcap"]));
        Assert.Equal(expected.Where(number => times[number] is >= 120 and <= 300), Numbers(_folder["a.mcap"], new BagReadOptions { FromNs = 120, ToNs = 300 }));
        AssertTimelineAgrees(_folder["a.mcap"]);
    }

    [Fact]
    public void Second_reading_of_chunks_in_and_out_of_order_is_like_the_first()
    {
        var file = new McapBuilder().RawAll(Topics());
        var times = new List<long>();
        for (var chunk = 0; chunk < 9; chunk++)
        {
            var chunkTimes = Enumerable.Range(0, 100).Select(i => (chunk * 80L) + (chunk % 3 == 1 ? 99 - i : i)).ToArray();
            file.Messages("lz4", [.. chunkTimes.Select((time, i) => ((ushort)(1 + (i % 2)), time, Payload(times.Count + i)))]);
            times.AddRange(chunkTimes);
        }

        File.WriteAllBytes(_folder["a.mcap"], file.Finish(Topics()));
        using var bag = BagReader.Open(_folder["a.mcap"]);

        var expected = Enumerable.Range(0, times.Count).OrderBy(number => times[number]).Select(number => (times[number], (((long)number / 100) << 32) + (number % 100), number)).ToList();
        for (var reading = 0; reading < 2; reading++)
        {
            var read = new List<(long, long, int)>();
            foreach (var message in bag.ReadMessages())
                read.Add((message.TimestampNs, message.RowId, PayloadNumber(message.Data)));
            Assert.Equal(expected, read);
        }
    }

    [Fact]
    public void Chunk_that_was_damaged_after_it_was_read_is_an_error()
    {
        File.WriteAllBytes(_folder["a.mcap"], new McapBuilder().RawAll(Topics())
            .Messages("", [.. Enumerable.Range(0, 1000).Select(i => ((ushort)1, (long)i, Payload(i)))]).Finish(Topics()));
        using var bag = BagReader.Open(_folder["a.mcap"]);
        int Count()
        {
            var count = 0;
            foreach (var message in bag.ReadMessages())
                count++;
            return count;
        }

        Assert.Equal(1000, Count());
        using (var file = File.OpenWrite(_folder["a.mcap"]))
        {
            file.Position = file.Length / 2;
            file.Write([.. Enumerable.Repeat((byte)0xFF, 256)]);
        }

        Assert.Equal(BagError.StorageCorrupt, Assert.Throws<BagFormatException>(() => Count()).Error);
    }

    [Fact]
    public void Cursor_does_not_allocate_per_message_and_seeks_both_ways()
    {
        var file = new McapBuilder().RawAll(Topics());
        for (var chunk = 0; chunk < 10; chunk++)
            file.Messages("lz4", [.. Enumerable.Range(chunk * 1000, 1000).Select(i => ((ushort)1, (long)i, Payload(i)))]);
        File.WriteAllBytes(_folder["a.mcap"], file.Finish(Topics()));
        using var bag = BagReader.Open(_folder["a.mcap"]);
        using var cursor = bag.ReadMessages();
        for (var i = 0; i < 3000; i++)
            cursor.MoveNext();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 5000; i++)
            cursor.MoveNext();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 5 * 200); // A small object per chunk of a thousand at most.
        Assert.Equal(7999, PayloadNumber(cursor.Current.Data));
        foreach (var time in (long[])[42, 9999, 5000])
        {
            cursor.Seek(time);
            Assert.True(cursor.MoveNext());
            Assert.Equal(time, PayloadNumber(cursor.Current.Data));
        }
    }

    [Fact]
    public void Payloads_come_in_any_order_when_few_chunks_are_kept()
    {
        var file = new McapBuilder().RawAll(Topics());
        for (var chunk = 0; chunk < 20; chunk++)
            file.Messages("zstd", [.. Enumerable.Range(chunk * 20, 20).Select(i => ((ushort)1, (long)i, Payload(i)))]);
        File.WriteAllBytes(_folder["a.mcap"], file.Finish(Topics()));
        using var bag = BagReader.Open(_folder["a.mcap"], new BagOpenOptions { ChunkCacheBytes = 5000 });
        var timeline = BagTimeline.Load(bag);
        using var payloads = new BagPayloadReader(bag, timeline);
        var order = Enumerable.Range(0, 400).ToArray();
        new Random(2).Shuffle(order);

        foreach (var index in order)
            Assert.Equal(index, PayloadNumber(payloads.Fetch(index)));
    }

    [Fact]
    public void Several_channels_of_one_topic_are_one_topic()
    {
        var file = new McapBuilder().RawAll(Schema(1, "std_msgs/msg/String"), Channel(1, 1, "/a"), Channel(7, 1, "/a"))
            .Messages("", (1, 1, Payload(0)), (7, 2, Payload(1)), (1, 3, Payload(2)))
            .Finish(Schema(1, "std_msgs/msg/String"), Channel(1, 1, "/a"), Channel(7, 1, "/a"), Statistics(3, 2, (1, 2), (7, 1)));
        File.WriteAllBytes(_folder["a.mcap"], file);

        var inspection = BagVerifier.Verify(_folder["a.mcap"]);

        Assert.Equal(("/a", 3L), Assert.Single(inspection.Info!.Topics.Select(topic => (topic.Topic.Name, topic.MessageCount))));
        Assert.Equal(["MetadataMissing"], Codes(inspection));
        Assert.Equal([0, 1, 2], Numbers(_folder["a.mcap"]));
    }

    [Fact]
    public void One_topic_with_two_types_is_a_finding()
    {
        byte[][] topics = [Schema(1, "std_msgs/msg/String"), Schema(2, "std_msgs/msg/Bool"), Channel(1, 1, "/a"), Channel(2, 2, "/a")];
        File.WriteAllBytes(_folder["a.mcap"], new McapBuilder().RawAll(topics).Messages("", (1, 1, Payload(0)), (2, 2, Payload(1))).Finish(topics));

        Assert.Contains("TopicTypeDisagrees(/a)", Codes(BagVerifier.Verify(_folder["a.mcap"])));
    }

    [Fact]
    public void Other_encodings_are_opaque_messages_with_a_finding()
    {
        byte[][] topics =
        [
            Schema(1, "foxglove.Log", "protobuf", [0, 1, 255, 0]), Schema(2, "thing", "jsonschema", "{}"u8.ToArray()), Schema(3, "pkg/msg/Idl", "ros2idl", "module pkg {}"u8.ToArray()),
            Channel(1, 1, "/proto", "protobuf"), Channel(2, 2, "/json", "json"), Channel(3, 3, "/idl"), Channel(4, 0, "/plain", "json"),
        ];
        File.WriteAllBytes(_folder["a.mcap"], new McapBuilder("")
            .RawAll(topics).Messages("", (1, 1, [1, 2]), (2, 2, "{}"u8.ToArray()), (3, 3, [0, 1, 0, 0]), (4, 4, "1"u8.ToArray())).Finish(topics));

        using var bag = BagReader.Open(_folder["a.mcap"]);

        Assert.Equal(["MetadataMissing", "SerializationNotCdr(/proto)", "SerializationNotCdr(/json)", "SerializationNotCdr(/plain)"], Codes(BagVerifier.Verify(_folder["a.mcap"])));
        Assert.Equal([("foxglove.Log", "protobuf", "", "0001FF00"), ("thing", "jsonschema", "{}", ""), ("pkg/msg/Idl", "ros2idl", "module pkg {}", "")],
            bag.MessageDefinitions.Select(definition => (definition.TopicType, definition.Encoding, definition.Text, Convert.ToHexString(definition.Binary.Span))));
        Assert.Equal(4, ReadAll(bag).Count);
    }

    [Fact]
    public void Attachments_and_metadata_records_are_offered()
    {
        var file = new McapBuilder().RawAll(Topics())
            .Raw(Attachment("cal.yaml", "k: 1"u8.ToArray())).Raw(Metadata("robot", ("id", "7"))).Raw(Metadata("rosbag2", ("ROS_DISTRO", "humble")))
            .Messages("", (1, 5, Payload(0))).Finish(Topics());
        File.WriteAllBytes(_folder["a.mcap"], file);

        using var bag = BagReader.Open(_folder["a.mcap"]);

        var attachment = Assert.Single(bag.Attachments);
        Assert.Equal(("cal.yaml", "text/plain", 4L, 7L, 8L), (attachment.Name, attachment.MediaType, attachment.SizeBytes, attachment.LogTimeNs, attachment.CreatedNs));
        using (var content = new StreamReader(bag.OpenAttachment(attachment), Encoding.UTF8))
            Assert.Equal("k: 1", content.ReadToEnd());
        Assert.Equal("7", Assert.Single(bag.MetadataRecords).Values["id"]);
        Assert.Equal("humble", bag.RosDistro);
    }

    [Fact]
    public void Times_before_1970_and_zero_are_read_as_they_are()
    {
        File.WriteAllBytes(_folder["a.mcap"], new McapBuilder().RawAll(Topics())
            .Raw(Chunk([.. Message(1, 0, Payload(1)), .. Message(1, -5, Payload(0))], 0, -5))
            .Raw(Chunk(Message(1, 0, Payload(2)), 0, 0)).Raw(Chunk(Message(1, 9, Payload(3)), 9, 9)).Finish(Topics()));

        Assert.Equal([0, 1, 2, 3], Numbers(_folder["a.mcap"]));
        Assert.Equal([1, 2], Numbers(_folder["a.mcap"], new BagReadOptions { FromNs = 0, ToNs = 8 }));
        AssertTimelineAgrees(_folder["a.mcap"]);
    }

    [Fact]
    public void Recorded_and_published_times_are_told_apart()
    {
        File.WriteAllBytes(_folder["a.mcap"], new McapBuilder().RawAll(Topics()).Raw(Chunk(Message(1, 10, Payload(0), sequence: 3, published: 8), 10, 10)).Finish(Topics()));
        using var bag = BagReader.Open(_folder["a.mcap"]);
        using var cursor = bag.ReadMessages();

        Assert.True(cursor.MoveNext());
        Assert.Equal((10, 8, 3u), (cursor.Current.TimestampNs, cursor.Current.PublishedNs, cursor.Current.Sequence));
    }

    [Fact]
    public void Both_storages_in_one_bag_are_refused()
    {
        WriteBag(_folder["bag"], [1, 2]);
        File.Delete(Path.Combine(_folder["bag"], "metadata.yaml"));
        File.Copy(Path.Combine(Shared("bagel_mcap"), "part_0.mcap"), Path.Combine(_folder["bag"], "bag_1.mcap"));

        Fails(() => BagReader.Open(_folder["bag"]), BagError.StorageUnsupported);
    }

    [Fact]
    public void Metadata_that_names_the_other_storage_is_a_finding()
    {
        var bag = CopyOf("bagel_mcap", _folder);
        var metadata = Path.Combine(bag, "metadata.yaml");
        File.WriteAllText(metadata, File.ReadAllText(metadata).Replace("storage_identifier: mcap", "storage_identifier: sqlite3", StringComparison.Ordinal));

        Assert.Contains("StorageDisagrees", Codes(BagVerifier.Verify(bag)));
        Assert.Equal(15, ReadAll(bag).Count);
    }

    internal static byte[][] Topics() => [Schema(1, "std_msgs/msg/String"), Channel(1, 1, "/a"), Channel(2, 1, "/b")];

    internal static void AssertTimelineAgrees(string path)
    {
        using var bag = BagReader.Open(path);
        var timeline = BagTimeline.Load(bag);
        using var payloads = new BagPayloadReader(bag, timeline);
        var index = 0;
        foreach (var message in bag.ReadMessages())
        {
            Assert.Equal((message.TimestampNs, message.TopicId, (message.FileIndex, message.RowId), message.Data.Length),
                (timeline.TimestampsNs[index], timeline.TopicIds[index], timeline.SourceOf(index), timeline.Sizes[index]));
            Assert.True(message.Data.SequenceEqual(payloads.Fetch(index)));
            index++;
        }

        Assert.Equal(timeline.Count, index);
    }
}
