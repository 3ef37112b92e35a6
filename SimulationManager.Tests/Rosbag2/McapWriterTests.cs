using SimulationManager.Rosbag2;
using SimulationManager.Rosbag2.Mcap;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

public sealed class McapWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(McapCompression.None, BagCompression.None)]
    [InlineData(McapCompression.Lz4, BagCompression.None)]
    [InlineData(McapCompression.Zstd, BagCompression.None)]
    [InlineData(McapCompression.None, BagCompression.File)]
    public void Written_file_has_no_findings_and_is_indexed(McapCompression chunks, BagCompression compression)
    {
        WriteBag(_folder["bag"], Enumerable.Range(0, 2000).Select(i => (long)i), Mcap with { ChunkCompression = chunks, Compression = compression, ChunkBytes = 4096 });

        var inspection = BagVerifier.Verify(_folder["bag"]);

        Assert.Empty(Codes(inspection));
        Assert.Equal(("mcap", 2000L, "jazzy", compression), (inspection.Info!.StorageIdentifier, inspection.Info.MessageCount, inspection.Info.RosDistro, inspection.Info.Compression));
        Assert.Equal(compression == BagCompression.File ? "bag_0.mcap.zstd" : "bag_0.mcap", inspection.Info.Files[0].Name);
        Assert.Equal(Enumerable.Range(0, 2000), Numbers(_folder["bag"]));
        McapReadingTests.AssertTimelineAgrees(_folder["bag"]);
        using var bag = BagReader.Open(_folder["bag"]);
        var layout = ((McapStorage)bag.Files[0].Storage).Layout;
        Assert.InRange(layout.ChunkCount, 20, 60);
        Assert.Equal((layout.ChunkCount, 2000UL, false), (layout.ChunkIndexCount, layout.Statistics!.MessageCount, layout.IsCut));
        Assert.All(layout.Segments, segment => Assert.Equal((chunks, true), (segment.Compression, segment.Crc != 0)));
    }

    [Fact]
    public void Same_calls_write_the_same_bytes()
    {
        foreach (var run in (string[])["1", "2"])
            WriteBag(Path.Combine(_folder[run], "bag"), Enumerable.Range(0, 500).Select(i => (long)i), Mcap with { MaxFileBytes = 5_000 });

        Assert.InRange(Directory.EnumerateFiles(Path.Combine(_folder["1"], "bag")).Count(), 4, 10);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(_folder["1"], "bag")))
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(_folder["2"], "bag", Path.GetFileName(path))));
    }

    [Fact]
    public void Topics_without_messages_definitions_and_large_messages_are_kept()
    {
        var definition = new MessageDefinition { TopicType = "std_msgs/msg/String", Text = "string data" };
        using (var writer = BagWriter.Create(_folder["bag"], Mcap))
        {
            var topic = writer.AddTopic(Topic("/big") with { OfferedQosProfiles = "- history: 1", TypeDescriptionHash = "RIHS01_00" }, definition);
            writer.AddTopic(Topic("/silent") with { Type = "a/msg/Unknown" });
            writer.Write(topic, 1, new byte[3_000_000]);
            writer.Write(topic, -2, Payload(1));
            writer.Complete();
        }

        using var bag = BagReader.Open(_folder["bag"]);

        Assert.Equal([("/big", "std_msgs/msg/String", "- history: 1", "RIHS01_00"), ("/silent", "a/msg/Unknown", "", "")],
            bag.Topics.Select(topic => (topic.Name, topic.Type, topic.OfferedQosProfiles, topic.TypeDescriptionHash)));
        Assert.Equal((definition.Text, "ros2msg", "RIHS01_00"), Assert.Single(bag.MessageDefinitions) is var read ? (read.Text, read.Encoding, read.TypeDescriptionHash) : default);
        Assert.Equal([(-2L, "13:"), (1L, "3000000:")], ReadAll(bag).Select(message => (message.TimestampNs, message.DataHash.Split(':')[0] + ":")));
    }

    [Fact]
    public void Attachments_and_metadata_records_survive_a_rewrite()
    {
        var content = new byte[600_000];
        new Random(1).NextBytes(content);
        using (var writer = BagWriter.Create(_folder["bag"], Mcap))
        {
            writer.Write(writer.AddTopic(Topic("/a")), 1, publishedNs: 0, sequence: 9, Payload(0));
            writer.AddAttachment(new BagAttachment { Name = "cal.bin", MediaType = "application/octet-stream", LogTimeNs = 3, CreatedNs = 2, SizeBytes = content.Length }, new MemoryStream(content));
            writer.AddMetadataRecord(new BagMetadataRecord("robot", new Dictionary<string, string> { ["id"] = "7" }));
            writer.Complete();
        }

        using (var first = BagReader.Open(_folder["bag"]))
            Assert.Empty(BagConverter.Convert(first, _folder["again"], Mcap with { ChunkCompression = McapCompression.Lz4 }).NotCarried);

        Assert.Empty(Codes(BagVerifier.Verify(_folder["again"])));
        using var bag = BagReader.Open(_folder["again"]);
        Assert.Equal(("robot", "7"), Assert.Single(bag.MetadataRecords) is var record ? (record.Name, record.Values["id"]) : default);
        var attachment = Assert.Single(bag.Attachments);
        Assert.Equal(("cal.bin", "application/octet-stream", 3, 2), (attachment.Name, attachment.MediaType, attachment.LogTimeNs, attachment.CreatedNs));
        using var read = new MemoryStream();
        using (var stream = bag.OpenAttachment(attachment))
            stream.CopyTo(read);
        Assert.Equal(content, read.ToArray());
        using var cursor = bag.ReadMessages();
        Assert.True(cursor.MoveNext());
        Assert.Equal((0, 9u), (cursor.Current.PublishedNs, cursor.Current.Sequence));
    }

    [Theory]
    [InlineData("turtlesim_cmd_vel")]
    [InlineData("cdr_test")]
    [InlineData("no_metadata_split")]
    [InlineData("empty_bag")]
    [InlineData("bagel_mcap")]
    [InlineData("bagel_mcap_zstd")]
    public void Conversion_there_and_back_keeps_topics_definitions_and_payloads(string name)
    {
        using var original = BagReader.Open(Shared(name));
        BagConverter.Convert(original, _folder["mcap"], Mcap);
        using var mcap = BagReader.Open(_folder["mcap"]);
        var back = BagConverter.Convert(mcap, _folder["db3"], new BagWriterOptions());
        using var db3 = BagReader.Open(_folder["db3"]);

        Assert.Empty(back.NotCarried);
        Assert.Equal("mcap sqlite3", $"{mcap.StorageIdentifier} {db3.StorageIdentifier}");
        foreach (var converted in (BagReader[])[mcap, db3])
        {
            Assert.Equal(original.Topics.OrderBy(topic => topic.Name), converted.Topics.OrderBy(topic => topic.Name));
            Assert.Equal(original.MessageDefinitions.Select(Shown).Order(), converted.MessageDefinitions.Select(Shown).Order());
            Assert.Equal(ReadAll(original), ReadAll(converted));
            Assert.Equal(original.RosDistro, converted.RosDistro);
            Assert.DoesNotContain(BagVerifier.Verify(converted.Bundle).Findings, finding => finding.Code is not (BagFindingCode.BagEmpty or BagFindingCode.TopicEmpty
                or BagFindingCode.StartingTimeSentinel or BagFindingCode.TimestampsOutOfOrder or BagFindingCode.TopicQosUnreadable));
        }

        static string Shown(MessageDefinition definition) => $"{definition.TopicType} {definition.Encoding} {definition.Text}";
    }

    [Fact]
    public void Conversion_names_what_sqlite3_has_no_place_for()
    {
        File.WriteAllBytes(_folder["a.mcap"], new McapBuilder().RawAll(McapReadingTests.Topics())
            .RawAll(McapBuilder.Attachment("cal", [1]), McapBuilder.Metadata("robot", ("id", "7")), McapBuilder.Schema(5, "x.Y", "protobuf", [1]))
            .Messages("", (1, 1, Payload(0))).Finish([.. McapReadingTests.Topics(), McapBuilder.Schema(5, "x.Y", "protobuf", [1])]));
        using var bag = BagReader.Open(_folder["a.mcap"]);

        var lost = BagConverter.Convert(bag, _folder["db3"], new BagWriterOptions()).NotCarried;

        Assert.Equal(["cal", "robot", "x.Y"], lost.Select(sentence => sentence.Split('\'')[1]));
    }

    [Fact]
    public void Wrong_calls_are_errors_and_leave_nothing()
    {
        Fails(() => BagWriter.Create(_folder["bag"], Mcap with { Compression = BagCompression.Message }), BagError.InvalidOperation);
        Assert.Throws<ArgumentOutOfRangeException>(() => BagWriter.Create(_folder["bag"], Mcap with { ChunkBytes = 10 }));
        using (var writer = BagWriter.Create(_folder["bag"]))
            Fails(() => writer.AddMetadataRecord(new BagMetadataRecord("a", new Dictionary<string, string>())), BagError.InvalidOperation);
        using (var writer = BagWriter.Create(_folder["bag"], Mcap))
            writer.Write(writer.AddTopic(Topic("/a")), 1, Payload(0));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private static BagWriterOptions Mcap { get; } = new() { Storage = BagStorageFormat.Mcap };
}
