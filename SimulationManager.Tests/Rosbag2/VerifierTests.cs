using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

public sealed class VerifierTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("message_count: 7\n  topics", "message_count: 70\n  topics", "MessageCountDisagrees")]
    [InlineData("nanoseconds: 151137181\n  starting", "nanoseconds: 1\n  starting", "DurationDisagrees")]
    [InlineData("nanoseconds_since_epoch: 1586406456763032325\n  message", "nanoseconds_since_epoch: 5\n  message", "StartingTimeDisagrees")]
    [InlineData("      message_count: 4", "      message_count: 5", "TopicCountDisagrees(/array_topic)")]
    [InlineData("type: test_msgs/msg/Arrays", "type: test_msgs/msg/Other", "TopicTypeDisagrees(/array_topic)")]
    [InlineData("depth: 4", "depth: 5", "TopicQosDisagrees(/array_topic)")]
    [InlineData("      message_count: 7", "      message_count: 8", "FileDetailsDisagree(cdr_test_0.db3)")]
    public void Claim_of_the_metadata_that_is_not_so_is_named(string claim, string changed, string finding)
    {
        var bag = CopyOf("cdr_test", _folder);
        var metadata = Path.Combine(bag, "metadata.yaml");
        var text = File.ReadAllText(metadata);
        Assert.Contains(claim, text, StringComparison.Ordinal);
        File.WriteAllText(metadata, text.Replace(claim, changed, StringComparison.Ordinal));

        var inspection = BagVerifier.Verify(bag);

        Assert.Equal([finding], Codes(inspection));
        Assert.True(inspection.IsReadable);
        Assert.Equal(7, inspection.Info!.MessageCount);
    }

    [Fact]
    public void Topic_on_one_side_only_is_named_on_both()
    {
        var bag = CopyOf("cdr_test", _folder);
        var metadata = Path.Combine(bag, "metadata.yaml");
        File.WriteAllText(metadata, File.ReadAllText(metadata).Replace("name: /test_topic", "name: /renamed", StringComparison.Ordinal));

        Assert.Equal(["TopicNotInFiles(/renamed)", "TopicNotInMetadata(/test_topic)"], Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Backward_times_overlaps_and_empty_files_are_named()
    {
        WriteBag(_folder["bag"], [10, 40, 30, 20], new BagWriterOptions { MaxFileBytes = 100 });
        Assert.Equal(["TimestampsOutOfOrder(bag_1.db3)", "FilesOverlap(bag_1.db3)"], Codes(BagVerifier.Verify(_folder["bag"])));

        Execute(Path.Combine(_folder["bag"], "bag_1.db3"), "DELETE FROM messages");
        Assert.Contains("FileEmpty(bag_1.db3)", Codes(BagVerifier.Verify(_folder["bag"])));
    }

    [Fact]
    public void Jump_between_files_is_named()
    {
        WriteBag(_folder["bag"], [0, 1, 3 * 86_400_000_000_000], new BagWriterOptions { MaxFileDurationNs = 10 });

        Assert.Equal(["TimestampJump(bag_1.db3)"], Codes(BagVerifier.Verify(_folder["bag"])));
    }

    [Fact]
    public void Odd_topics_are_named()
    {
        using (var writer = BagWriter.Create(_folder["bag"]))
        {
            var topic = writer.AddTopic(new BagTopic { Name = "odd", Type = "Odd", SerializationFormat = "json", OfferedQosProfiles = "- history: sometimes" });
            writer.Write(topic, 1, Payload(0));
            writer.Complete();
        }

        Assert.Equal(["TopicNameWithoutSlash(odd)", "TypeNameWithoutMsg(odd)", "SerializationNotCdr(odd)", "TopicQosUnreadable(odd)"],
            Codes(BagVerifier.Verify(_folder["bag"])));
    }

    [Fact]
    public void Journal_beside_a_file_is_named()
    {
        var bag = CopyOf("talker", _folder);
        File.WriteAllText(Path.Combine(bag, "talker.db3-wal"), "x");

        Assert.Contains("JournalPresent(talker.db3)", Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Every_unreadable_file_is_named()
    {
        var bag = CopyOf("no_metadata_split", _folder);
        File.WriteAllText(Path.Combine(bag, "multiple_files_0.db3"), "");
        File.WriteAllText(Path.Combine(bag, "multiple_files_2.db3"), "text");

        var inspection = BagVerifier.Verify(bag);

        Assert.Equal(["MetadataMissing", "FileUnreadable(multiple_files_0.db3)", "FileUnreadable(multiple_files_2.db3)"], Codes(inspection));
        Assert.Null(inspection.Info);
    }

    [Fact]
    public void Old_metadata_with_the_folder_in_its_paths_finds_its_files()
    {
        var bag = CopyOf("test_bag_for_seek", _folder);
        var metadata = Path.Combine(bag, "metadata.yaml");
        File.WriteAllText(metadata, File.ReadAllText(metadata)
            .Replace("version: 4", "version: 2", StringComparison.Ordinal)
            .Replace("- test_bag", "- test_bag_for_seek/test_bag", StringComparison.Ordinal));

        Assert.Equal(5, ReadAll(bag).Count);
    }

    [Fact]
    public void Files_of_an_upload_are_matched_by_name()
    {
        var bundle = BagBundle.FromFiles([Path.Combine(Shared("cdr_test"), "cdr_test_0.db3")], Path.Combine(Shared("cdr_test"), "metadata.yaml"));

        Assert.Empty(Codes(BagVerifier.Verify(bundle)));
        Assert.Equal("cdr_test", bundle.Name);
    }

    [Fact]
    public void Reindex_orders_split_files_by_number()
    {
        WriteBag(_folder["bag"], Enumerable.Range(0, 24).Select(i => (long)i), new BagWriterOptions { MaxFileBytes = 100 });
        var written = BagMetadataReader.ReadFile(Path.Combine(_folder["bag"], "metadata.yaml"));

        var rebuilt = BagReindexer.Rebuild(_folder["bag"]);

        Assert.Equal(12, rebuilt.RelativeFilePaths.Count);
        Assert.Equal(BagMetadataWriter.Write(written), BagMetadataWriter.Write(rebuilt));
    }

    [Fact]
    public void Reindex_orders_files_without_numbers_by_their_first_message()
    {
        WriteBag(_folder["bag"], [0, 1, 2, 3], new BagWriterOptions { MaxFileBytes = 100 });
        File.Move(Path.Combine(_folder["bag"], "bag_0.db3"), Path.Combine(_folder["bag"], "second.db3"));
        File.Move(Path.Combine(_folder["bag"], "bag_1.db3"), Path.Combine(_folder["bag"], "later.db3"));

        Assert.Equal(["second.db3", "later.db3"], BagReindexer.Rebuild(_folder["bag"]).RelativeFilePaths);
    }

    [Fact]
    public void Reindex_keeps_metadata_that_is_there_unless_told()
    {
        var bag = CopyOf("cdr_test", _folder);

        Fails(() => BagReindexer.Reindex(bag), BagError.InvalidOperation);
        Assert.Equal(7, BagReindexer.Reindex(bag, overwrite: true).MessageCount);
        Assert.Empty(Codes(BagVerifier.Verify(bag)));
    }
}
