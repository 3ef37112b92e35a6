using SimulationManager.Generation;
using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

public sealed class WriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Written_bag_has_no_findings_and_the_metadata_that_was_returned()
    {
        using var writer = BagWriter.Create(_folder["bag"], new BagWriterOptions { CustomData = new Dictionary<string, string> { ["robot"] = "r1" } });
        writer.Write(writer.AddTopic(Topic("/a")), 5_000, Payload(0));
        var metadata = writer.Complete();

        var inspection = BagVerifier.Verify(_folder["bag"]);
        Assert.Empty(Codes(inspection));
        Assert.Equal(BagMetadataWriter.Write(metadata), BagMetadataWriter.Write(inspection.Metadata!));
        Assert.Equal((9, 4, "jazzy", "r1"), (inspection.Metadata!.Version, inspection.Info!.SchemaVersion, inspection.Info.RosDistro, inspection.Metadata.CustomData["robot"]));
    }

    [Fact]
    public void Same_calls_write_the_same_bytes()
    {
        var options = new BagWriterOptions { MaxFileBytes = 5_000, Compression = BagCompression.Message };
        var times = Enumerable.Range(0, 500).Select(i => i * 10L).ToList();
        WriteBag(Path.Combine(_folder["1"], "bag"), times, options);
        WriteBag(Path.Combine(_folder["2"], "bag"), times, options);

        foreach (var path in Directory.EnumerateFiles(Path.Combine(_folder["1"], "bag")))
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(_folder["2"], "bag", Path.GetFileName(path))));
    }

    [Fact]
    public void Split_by_duration_starts_each_file_on_time()
    {
        WriteBag(_folder["bag"], [0, 50, 99, 100, 150, 300, 320], new BagWriterOptions { MaxFileDurationNs = 100 });

        var info = BagVerifier.Verify(_folder["bag"]).Info!;
        Assert.Equal([(0L, 99L), (100L, 150L), (300L, 320L)], info.Files.Select(file => (file.FirstNs!.Value, file.LastNs!.Value)));
        Assert.Equal(["bag_0.db3", "bag_1.db3", "bag_2.db3"], info.Files.Select(file => file.Name));
    }

    [Fact]
    public void Split_by_size_keeps_files_below_it_but_never_splits_a_message()
    {
        WriteBag(_folder["bag"], Enumerable.Range(0, 100).Select(i => (long)i), new BagWriterOptions { MaxFileBytes = 1 });

        Assert.Equal(100, BagVerifier.Verify(_folder["bag"]).Info!.Files.Count);
        Assert.Equal(Enumerable.Range(0, 100), Numbers(_folder["bag"]));
    }

    [Fact]
    public void Bag_without_messages_says_so_as_rosbag2_does()
    {
        using (var writer = BagWriter.Create(_folder["bag"]))
        {
            writer.AddTopic(Topic("/a"));
            writer.Complete();
        }

        var inspection = BagVerifier.Verify(_folder["bag"]);
        Assert.Equal(["BagEmpty", "TopicEmpty(/a)", "StartingTimeSentinel"], Codes(inspection));
        Assert.Equal((BagMetadata.NoStartingTime, 0), (inspection.Metadata!.StartingTimeNs, inspection.Metadata.DurationNs));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Writer_that_is_not_completed_leaves_nothing(bool folderExists)
    {
        if (folderExists)
            Directory.CreateDirectory(_folder["bag"]);
        using (var writer = BagWriter.Create(_folder["bag"], new BagWriterOptions { MaxFileBytes = 100 }))
        {
            var topic = writer.AddTopic(Topic("/a"));
            for (var i = 0; i < 10; i++)
                writer.Write(topic, i, Payload(i));
        }

        Assert.Equal(folderExists, Directory.Exists(_folder["bag"]));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Wrong_calls_are_errors()
    {
        using var writer = BagWriter.Create(_folder["bag"]);
        writer.AddTopic(Topic("/a"));

        Fails(() => writer.AddTopic(Topic("/a")), BagError.InvalidOperation);
        Fails(() => writer.Write(1, 0, Payload(0)), BagError.InvalidOperation);
        writer.Complete();
        Assert.Throws<InvalidOperationException>(() => writer.Write(0, 0, Payload(0)));
        Fails(() => BagWriter.Create(_folder["bag"]), BagError.InvalidOperation);
    }

    [Fact]
    public void Topic_added_after_a_split_is_in_the_later_files()
    {
        using (var writer = BagWriter.Create(_folder["bag"], new BagWriterOptions { MaxFileDurationNs = 10 }))
        {
            writer.Write(writer.AddTopic(Topic("/a")), 0, Payload(0));
            writer.Write(0, 10, Payload(1));
            writer.Write(writer.AddTopic(Topic("/b")), 11, Payload(2));
            writer.Complete();
        }

        Assert.Equal(["/a", "/a", "/b"], ReadAll(_folder["bag"]).Select(message => message.Topic));
        Assert.Empty(Codes(BagVerifier.Verify(_folder["bag"])));
    }

    [Theory]
    [InlineData(1, BagCompression.None, 0)]
    [InlineData(1, BagCompression.File, 50_000)]
    [InlineData(60, BagCompression.Message, 1_000_000)]
    [InlineData(600, BagCompression.None, 8_000_000)]
    public void Generated_bag_is_the_same_after_write_and_read(int seconds, BagCompression compression, long maxFileBytes)
    {
        RobotRecording.Write(_folder["original"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(seconds) });
        using var original = BagReader.Open(_folder["original"]);

        BagConverter.Convert(original, _folder["copy"], new BagWriterOptions { Compression = compression, MaxFileBytes = maxFileBytes });

        var expected = ReadAll(original);
        Assert.Equal(seconds * 230, expected.Count);
        Assert.Equal(expected, ReadAll(_folder["copy"]));
        Assert.Empty(Codes(BagVerifier.Verify(_folder["copy"])));
    }
}
