using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>Real recordings: each opens, reports what is in it, and names what is untidy about it.</summary>
public class SharedBagTests
{
    [Fact]
    public void Turtlesim_bag_reports_what_was_recorded()
    {
        var inspection = BagVerifier.Verify(Shared("turtlesim_cmd_vel"));

        Assert.Empty(Codes(inspection));
        var info = inspection.Info!;
        Assert.Equal((113, 7_646_532_127, 1_731_308_611_663_949_743), (info.MessageCount, info.DurationNs, info.StartNs));
        Assert.Equal((5, 3, "humble", 32_768), (info.MetadataVersion, info.SchemaVersion, info.RosDistro, info.SizeBytes));
        var topic = Assert.Single(info.Topics);
        Assert.Equal(("/turtle1/cmd_vel", "geometry_msgs/msg/Twist", 113), (topic.Topic.Name, topic.Topic.Type, topic.MessageCount));
        Assert.Equal(112 / 7.646532127, topic.RateHz!.Value, precision: 6);
        Assert.Equal(113 * 52, topic.TotalBytes);
    }

    [Fact]
    public void Talker_bag_reports_its_empty_topic_and_its_differing_profiles()
    {
        var inspection = BagVerifier.Verify(Shared("talker"));

        Assert.Equal(
            ["TopicEmpty(/parameter_events)", "TopicQosDisagrees(/topic)", "TopicQosDisagrees(/rosout)", "TopicQosDisagrees(/parameter_events)"],
            Codes(inspection));
        Assert.True(inspection.IsReadable);
        Assert.Equal((20, 4_531_096_768, 4), (inspection.Info!.MessageCount, inspection.Info.DurationNs, inspection.Info.SchemaVersion));
        Assert.Equal([10, 0, 10], inspection.Info.Topics.Select(topic => topic.MessageCount));
    }

    [Fact]
    public void Cdr_test_bag_is_clean_and_reads_in_order()
    {
        var inspection = BagVerifier.Verify(Shared("cdr_test"));

        Assert.Empty(Codes(inspection));
        Assert.Equal((7, 7, "rolling"), (inspection.Info!.MessageCount, inspection.Info.MetadataVersion, inspection.Info.RosDistro));
        Assert.Equal([("/test_topic", 3), ("/array_topic", 4)], inspection.Info.Topics.Select(topic => (topic.Topic.Name, (int)topic.MessageCount)));
    }

    [Fact]
    public void Seek_bag_reports_its_old_names()
    {
        var inspection = BagVerifier.Verify(Shared("test_bag_for_seek"));

        Assert.Equal(["TopicNameWithoutSlash(topic1)", "TypeNameWithoutMsg(topic1)"], Codes(inspection));
        Assert.Equal((5, 400_000_000, 2), (inspection.Info!.MessageCount, inspection.Info.DurationNs, inspection.Info.SchemaVersion));
    }

    [Fact]
    public void Empty_bag_reports_the_sentinel_and_reads_as_nothing()
    {
        var inspection = BagVerifier.Verify(Shared("empty_bag"));

        Assert.Equal(
            ["BagEmpty", "TopicEmpty(/rosout)", "TopicEmpty(/parameter_events)", "StartingTimeSentinel",
                "TopicQosDisagrees(/parameter_events)", "TopicQosDisagrees(/rosout)"],
            Codes(inspection));
        Assert.True(inspection.IsReadable);
        Assert.Null(inspection.Info!.StartNs);
        Assert.Empty(ReadAll(Shared("empty_bag")));
    }

    [Fact]
    public void Split_bag_without_metadata_reads_as_one_recording()
    {
        var inspection = BagVerifier.Verify(Shared("no_metadata_split"));

        Assert.Equal(["MetadataMissing"], Codes(inspection));
        Assert.Equal([1324, 1324, 529], inspection.Info!.Files.Select(file => file.MessageCount));
        var messages = ReadAll(Shared("no_metadata_split"));
        Assert.Equal(3177, messages.Count);
        Assert.Equal(messages.OrderBy(message => message.TimestampNs).Select(message => message.TimestampNs), messages.Select(message => message.TimestampNs));
    }

    [Fact]
    public void Reindex_gives_the_split_bag_metadata_that_agrees_with_its_files()
    {
        using var folder = new TempFolder();
        var bag = CopyOf("no_metadata_split", folder);

        BagReindexer.Reindex(bag);

        var inspection = BagVerifier.Verify(bag);
        Assert.Empty(Codes(inspection));
        Assert.Equal(["multiple_files_0.db3", "multiple_files_1.db3", "multiple_files_2.db3"], inspection.Metadata!.RelativeFilePaths);
        Assert.Equal((3177, 1616653333034080451, 6_352_112_906), (inspection.Metadata.MessageCount, inspection.Metadata.StartingTimeNs, inspection.Metadata.DurationNs));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Shared_bag_is_the_same_after_write_and_read(string name)
    {
        using var folder = new TempFolder();
        using var original = BagReader.Open(Shared(name));

        BagConverter.Convert(original, folder["copy"], BagWriterOptions.Default);

        using var copy = BagReader.Open(folder["copy"]);
        Assert.Equal(ReadAll(original), ReadAll(copy));
        Assert.Equal(original.Topics, copy.Topics);
        Assert.Equal(original.MessageDefinitions, copy.MessageDefinitions);
        Assert.DoesNotContain(BagVerifier.Verify(folder["copy"]).Findings, finding => finding.Code.ToString().EndsWith("Disagrees", StringComparison.Ordinal));
    }

    public static TheoryData<string> Names => [.. SharedBags];
}
