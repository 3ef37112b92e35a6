using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>What becomes of recordings as people's bags really are, with their metadata and without.</summary>
public sealed class TrialBagTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("rosbags_rs_sqlite3", 188, "")]
    [InlineData("message_mode_some_plain", 20, "CompressionDisagrees(m_0.db3)")]
    [InlineData("message_mode_first_empty", 11, "")]
    [InlineData("unpacked_by_hand", 10, "CompressionDisagrees")]
    [InlineData("zstd_with_unpacked_beside", 10, "FileTwice(run_0.db3)")]
    [InlineData("reindexed_empty_storage_id", 20, "StorageDisagrees")]
    [InlineData("qos_partial_v9", 5, "TopicQosUnreadable(/clock)")]
    [InlineData("hangul_nfd", 5, "")]
    [InlineData("one_name_two_types", 11, "TopicTypeDisagrees(/cmd) TopicCountDisagrees(/cmd)")]
    [InlineData("first_messages_at_zero", 25, "TimestampJump(sim_0.db3)")]
    public void Trial_with_its_metadata_has_these_messages_and_findings(string trial, int messages, string findings)
    {
        var bag = Trials.Unpack(trial, _folder.Path);

        Assert.Equal(messages, ReadAll(bag).Count);
        Assert.Equal(findings, string.Join(' ', Codes(BagVerifier.Verify(bag)).Distinct()));
    }

    [Theory]
    [InlineData("rosbags_rs_sqlite3", 188, "")]
    [InlineData("message_mode_some_plain", 20, " CompressionDisagrees(m_0.db3)")]
    [InlineData("message_mode_first_empty", 11, "")]
    [InlineData("unpacked_by_hand", 10, "")]
    [InlineData("zstd_with_unpacked_beside", 10, " FileTwice(run_0.db3)")]
    [InlineData("reindexed_empty_storage_id", 20, "")]
    [InlineData("qos_partial_v9", 5, " TopicQosUnreadable(/clock)")]
    [InlineData("hangul_nfd", 5, "")]
    [InlineData("one_name_two_types", 11, " TopicTypeDisagrees(/cmd)")]
    [InlineData("first_messages_at_zero", 25, " TimestampJump(sim_0.db3)")]
    [InlineData("nul_in_ros_distro", 5, "")]
    [InlineData("colon_in_name", 5, "")]
    [InlineData("latin1_topic_names", 15, " TopicNameNotUtf8(/café) TopicNameNotUtf8(/cafè) TimestampsOutOfOrder(latin1_0.db3)")]
    public void Trial_without_metadata_has_these_messages_and_findings(string trial, int messages, string findings)
    {
        var bag = Trials.Unpack(trial, _folder.Path, withMetadata: false);

        Assert.Equal(messages, ReadAll(bag).Count);
        Assert.Equal($"MetadataMissing{findings}", string.Join(' ', Codes(BagVerifier.Verify(bag))));
    }

    [Theory]
    [InlineData("message_mode_some_plain")]
    [InlineData("message_mode_first_empty")]
    public void Messages_of_a_bag_of_compressed_messages_are_cdr_however_they_are_read(string trial)
    {
        using var bag = BagReader.Open(Trials.Unpack(trial, _folder.Path));
        var timeline = BagTimeline.Load(bag);
        using var payloads = new BagPayloadReader(bag, timeline);

        Assert.Equal(BagCompression.Message, bag.Compression);
        for (var index = 0; index < timeline.Count; index++)
        {
            var payload = payloads.Fetch(index);
            Assert.Equal(timeline.Sizes[index], payload.Length);
            Assert.True(payload.IsEmpty || payload.StartsWith((byte[])[0, 1, 0, 0]));
        }

        Assert.Equal(trial == "message_mode_first_empty" ? 1 : 0, timeline.Sizes.ToArray().Count(size => size == 0));
    }

    [Fact]
    public void Finding_names_the_first_message_that_is_not_compressed()
    {
        var finding = Assert.Single(BagVerifier.Verify(Trials.Unpack("message_mode_some_plain", _folder.Path)).Findings);

        Assert.Contains("4 messages in 'm_0.db3' (the first is message 5)", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Split_that_was_not_compressed_is_read_among_those_that_were()
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3, 4], new BagWriterOptions { Compression = BagCompression.File, MaxFileBytes = 100 });
        var plain = WriteBag(_folder["plain"], [1, 2, 3, 4], new BagWriterOptions { MaxFileBytes = 100 });
        File.Delete(Path.Combine(bag, "bag_1.db3.zstd"));
        File.Copy(Path.Combine(plain, "plain_1.db3"), Path.Combine(bag, "bag_1.db3"));

        Assert.Equal([0, 1, 2, 3], Numbers(bag));
        Assert.Equal(["CompressionDisagrees(bag_1.db3)"], Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Names_that_are_not_utf8_stay_apart()
    {
        using var bag = BagReader.Open(Trials.Unpack("latin1_topic_names", _folder.Path));
        var counts = ReadAll(bag).CountBy(message => message.Topic).ToDictionary();

        Assert.Equal(new Dictionary<string, int> { ["/café"] = 5, ["/cafè"] = 7, ["/카메라"] = 3 }, counts);
    }

    [Fact]
    public void Name_that_reads_like_another_in_utf8_is_an_error()
    {
        var bag = Trials.Unpack("latin1_topic_names", _folder.Path);
        Execute(Path.Combine(bag, "latin1_0.db3"), "UPDATE topics SET name = '/café' WHERE id = 3");

        Assert.Contains("'/café'", Fails(() => BagReader.Open(bag), BagError.ValueInvalid).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("topics", "name")]
    [InlineData("topics", "type")]
    [InlineData("topics", "serialization_format")]
    [InlineData("topics", "offered_qos_profiles")]
    [InlineData("topics", "type_description_hash")]
    [InlineData("message_definitions", "topic_type")]
    [InlineData("message_definitions", "encoding")]
    [InlineData("message_definitions", "encoded_message_definition")]
    [InlineData("message_definitions", "type_description_hash")]
    [InlineData("schema", "ros_distro")]
    public void Nul_in_a_text_of_a_database_is_an_error(string table, string column)
    {
        var bag = CopyOf("talker", _folder);
        Execute(Path.Combine(bag, "talker.db3"), $"UPDATE {table} SET {column} = 'a' || char(0) || 'b'");

        Assert.Contains("NUL", Fails(() => BagReader.Open(bag), BagError.ValueInvalid).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nul_in_a_text_of_the_metadata_is_an_error()
    {
        var bag = Trials.Unpack("nul_in_ros_distro", _folder.Path);
        Assert.Contains("'ros_distro' has a NUL character", Fails(() => BagReader.Open(bag), BagError.MetadataUnreadable).Message, StringComparison.Ordinal);

        var text = BagMetadataWriter.Write(new BagMetadata { CustomData = new Dictionary<string, string> { ["key"] = "value" } });
        foreach (var part in (string[])["key", "value", "sqlite3"])
        {
            var withNul = text.Replace($"{part}\n", $"\"{part}\\0\"\n", StringComparison.Ordinal).Replace($"{part}:", $"\"{part}\\0\":", StringComparison.Ordinal);
            Assert.Contains("NUL", Fails(() => BagMetadataReader.Parse(withNul), BagError.MetadataUnreadable).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Profiles_with_some_policies_only_are_kept_as_they_are()
    {
        var metadata = BagMetadataReader.ReadFile(Path.Combine(Trials.Unpack("qos_partial_v9", _folder.Path), "metadata.yaml"));

        Assert.Equal("- reliability: reliable\n  durability: volatile\n  history: keep_last\n  depth: 100", metadata.Topics[0].Topic.OfferedQosProfiles);
    }

    [Fact]
    public void Profiles_that_only_the_metadata_has_unreadable_are_named()
    {
        var bag = WriteBag(_folder["bag"], [1, 2]);
        var metadata = Path.Combine(bag, "metadata.yaml");
        var text = File.ReadAllText(metadata);
        File.WriteAllText(metadata, text.Insert(text.IndexOf("offered_qos_profiles: []", StringComparison.Ordinal) + "offered_qos_profiles: ".Length, "{depth: 3} #"));

        Assert.Equal(["TopicQosUnreadable(/a)"], Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Jump_says_where_what_comes_after_begins()
    {
        var path = Trials.Unpack("first_messages_at_zero", _folder.Path);
        using var bag = BagReader.Open(path);
        var timeline = BagTimeline.Load(bag);

        Assert.Contains("begins 1700000000 seconds from the start", Assert.Single(BagVerifier.Verify(path).Findings).Message, StringComparison.Ordinal);
        Assert.Equal((5, 25), (timeline.FindFirst(timeline.StartNs + (1_700_000_000 * 1_000_000_000L)), timeline.Count));
    }

    [Fact]
    public void Jump_between_two_files_says_it_too()
    {
        WriteBag(_folder["bag"], [10_000_000_000, 20_000_000_000, 172_820_500_000_000, 172_821_000_000_000], new BagWriterOptions { MaxFileBytes = 100 });

        var finding = Assert.Single(BagVerifier.Verify(_folder["bag"]).Findings);

        Assert.Contains("begins 172810 seconds from the start", finding.Message, StringComparison.Ordinal);
    }
}
