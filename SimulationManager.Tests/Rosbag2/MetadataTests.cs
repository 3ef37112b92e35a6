using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

public class MetadataTests
{
    private const string QosAsNumbers = """
        - history: 1
          depth: 7
          reliability: 2
          durability: 1
          deadline:
            sec: 9223372036
            nsec: 854775807
          lifespan:
            sec: 2147483647
            nsec: 4294967295
          liveliness: 3
          liveliness_lease_duration:
            sec: 1
            nsec: 5
          avoid_ros_namespace_conventions: true
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void Parse_reads_every_field_of_its_version(int version)
    {
        var metadata = BagMetadataReader.Parse(OfVersion(version));

        Assert.Equal((version, "sqlite3", 5_000_000_000, 1_700_000_000_000_000_000, 3),
            (metadata.Version, metadata.StorageIdentifier, metadata.DurationNs, metadata.StartingTimeNs, metadata.MessageCount));
        Assert.Equal(["bag_0.db3", "bag_1.db3"], metadata.RelativeFilePaths.Select(path => path.Replace("bag/", "", StringComparison.Ordinal)));
        var topic = Assert.Single(metadata.Topics);
        Assert.Equal(("/odom", "nav_msgs/msg/Odometry", "cdr", 3), (topic.Topic.Name, topic.Topic.Type, topic.Topic.SerializationFormat, topic.MessageCount));
        Assert.Equal(version >= 3 ? BagCompression.File : BagCompression.None, metadata.Compression);
        Assert.Equal(version >= 4 ? 1 : 0, QosProfile.ParseList(topic.Topic.OfferedQosProfiles).Count);
        Assert.Equal(version >= 5 ? 2 : 0, metadata.Files.Count);
        Assert.Equal(version >= 6 ? "lab" : null, metadata.CustomData.GetValueOrDefault("place"));
        Assert.Equal(version >= 7 ? "RIHS01_ab" : "", topic.Topic.TypeDescriptionHash);
        Assert.Equal(version >= 8 ? "jazzy" : "", metadata.RosDistro);
    }

    [Fact]
    public void Quality_of_service_reads_the_same_as_numbers_and_as_names()
    {
        var profile = Assert.Single(QosProfile.ParseList(QosAsNumbers));

        Assert.Equal((QosHistory.KeepLast, 7, QosReliability.BestEffort, QosDurability.TransientLocal, QosLiveliness.ManualByTopic),
            (profile.History, profile.Depth, profile.Reliability, profile.Durability, profile.Liveliness));
        Assert.True(profile.Deadline.IsInfinite && profile.Lifespan.IsInfinite && profile.AvoidRosNamespaceConventions);
        Assert.Equal(new QosDuration(1, 5), profile.LivelinessLeaseDuration);
        var text = QosProfile.FormatList([profile]);
        Assert.StartsWith("- history: keep_last\n  depth: 7\n  reliability: best_effort\n", text, StringComparison.Ordinal);
        Assert.Equal([profile], QosProfile.ParseList(text));
    }

    [Fact]
    public void Write_then_parse_keeps_everything()
    {
        var metadata = BagMetadataReader.Parse(OfVersion(9)) with
        {
            CustomData = new Dictionary<string, string> { ["a: b"] = "1\n\"quoted\" \\ back", ["true"] = "null", ["empty"] = "", ["한국"] = "로봇" },
            RelativeFilePaths = ["bag_0.db3", "123", "no"],
        };

        var copy = BagMetadataReader.Parse(BagMetadataWriter.Write(metadata));

        Assert.Equal(metadata.CustomData, copy.CustomData);
        Assert.Equal(metadata.RelativeFilePaths, copy.RelativeFilePaths);
        Assert.Equal(metadata.Topics, copy.Topics);
        Assert.Equal(metadata.Files, copy.Files);
        Assert.Equal(BagMetadataWriter.Write(metadata), BagMetadataWriter.Write(copy));
    }

    [Fact]
    public void Starting_time_beyond_the_signed_range_is_read_as_its_end()
    {
        var text = OfVersion(4).Replace("1700000000000000000", "18446744073709551615", StringComparison.Ordinal);

        Assert.Equal(BagMetadata.NoStartingTime, BagMetadataReader.Parse(text).StartingTimeNs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("just text")]
    [InlineData("apiVersion: v1\nkind: Pod\n")]
    [InlineData("rosbag2_bagfile_information: 5")]
    [InlineData("rosbag2_bagfile_information:\n  version: nine")]
    [InlineData("rosbag2_bagfile_information:\n  version: 5\n  version: 6")]
    [InlineData("{ unclosed: [")]
    [InlineData("a: 1\n---\nb: 2")]
    [InlineData("? [complex, key]\n: 1")]
    public void Yaml_that_is_not_a_bags_is_refused(string text) =>
        Fails(() => BagMetadataReader.Parse(text), BagError.MetadataUnreadable);

    [Fact]
    public void Error_names_the_missing_field_and_the_line()
    {
        var error = Fails(() => BagMetadataReader.Parse(OfVersion(9).Replace("message_count: 3\n  topics", "topics", StringComparison.Ordinal)), BagError.MetadataUnreadable);

        Assert.Contains("'message_count' is missing", error.Message, StringComparison.Ordinal);
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Alias_bomb_is_refused_before_it_expands()
    {
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range('b', 20).Select(letter =>
            $"{(char)letter}: &{(char)letter} [*{(char)(letter - 1)},*{(char)(letter - 1)},*{(char)(letter - 1)},*{(char)(letter - 1)}]\n"));

        var error = Fails(() => BagMetadataReader.Parse(bomb), BagError.MetadataUnreadable);

        Assert.Contains("anchors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused() =>
        Fails(() => BagMetadataReader.Parse(new string('[', 100_000)), BagError.MetadataUnreadable);

    [Fact]
    public void Huge_metadata_file_is_refused_without_reading_it()
    {
        using var folder = new TempFolder();
        using (var file = File.Create(folder["metadata.yaml"]))
            file.SetLength(1L << 33);

        Fails(() => BagMetadataReader.ReadFile(folder["metadata.yaml"]), BagError.MetadataUnreadable);
    }

    [Fact]
    public void Unknown_version_is_refused_with_advice()
    {
        var error = Fails(() => BagMetadataReader.Parse(OfVersion(9).Replace("version: 9", "version: 10", StringComparison.Ordinal)), BagError.MetadataVersionUnsupported);

        Assert.Contains("ros2 bag convert", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../bag_0.db3")]
    [InlineData("a/../../bag_0.db3")]
    [InlineData("/etc/passwd")]
    [InlineData("~/bag_0.db3")]
    [InlineData("..\\bag_0.db3")]
    [InlineData("C:/bag_0.db3")]
    [InlineData("file:bag_0.db3")]
    [InlineData("a//bag_0.db3")]
    [InlineData("./bag_0.db3")]
    [InlineData("bag\u0000.db3")]
    [InlineData("")]
    public void Path_that_leaves_the_bundle_is_refused(string path)
    {
        Assert.False(BundlePath.IsSafe(path));
        var quoted = path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);
        Fails(() => BagMetadataReader.Parse(OfVersion(5).Replace("- bag_0.db3", $"- \"{quoted}\"", StringComparison.Ordinal)), BagError.UnsafePath);
    }

    [Fact]
    public void Unknown_compression_mode_is_refused() =>
        Fails(() => BagMetadataReader.Parse(OfVersion(3).Replace("FILE", "ROT13", StringComparison.Ordinal)), BagError.CompressionUnsupported);

    /// <summary>Metadata as the recorder of that version wrote it.</summary>
    private static string OfVersion(int version)
    {
        var text = $"""
            rosbag2_bagfile_information:
              version: {version}
              storage_identifier: sqlite3
              relative_file_paths:
                - {(version <= 3 ? "bag/" : "")}bag_0.db3
                - {(version <= 3 ? "bag/" : "")}bag_1.db3
              duration:
                nanoseconds: 5000000000
              starting_time:
                nanoseconds_since_epoch: 1700000000000000000
              message_count: 3
              topics_with_message_count:
                - topic_metadata:
                    name: /odom
                    type: nav_msgs/msg/Odometry
                    serialization_format: cdr

            """;
        if (version >= 9)
            text += "        offered_qos_profiles:\n" + Indent(QosAsNumbers.Replace("history: 1", "history: keep_last", StringComparison.Ordinal), 10);
        else if (version >= 4)
            text += $"        offered_qos_profiles: \"{QosAsNumbers.Replace("\n", "\\n", StringComparison.Ordinal)}\"\n";
        if (version >= 7)
            text += "        type_description_hash: RIHS01_ab\n";
        text += "      message_count: 3\n";
        if (version >= 3)
            text += "  compression_format: zstd\n  compression_mode: FILE\n";
        if (version >= 5)
            text += "  files:\n" + FileEntry("bag_0.db3", 2) + FileEntry("bag_1.db3", 1);
        if (version >= 6)
            text += "  custom_data:\n    place: lab\n";
        if (version >= 8)
            text += "  ros_distro: jazzy\n";
        return text;
    }

    private static string FileEntry(string path, int count) =>
        $"    - path: {path}\n      starting_time:\n        nanoseconds_since_epoch: 1700000000000000000\n      duration:\n        nanoseconds: 1\n      message_count: {count}\n";

    private static string Indent(string text, int spaces) =>
        string.Concat(text.Split('\n').Select(line => new string(' ', spaces) + line + "\n"));
}
