using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>Several bags written as one.</summary>
public sealed class MergeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(BagStorageFormat.Mcap)]
    [InlineData(BagStorageFormat.Sqlite3)]
    public void Bags_of_both_storages_become_one_in_the_order_of_their_times(BagStorageFormat storage)
    {
        Write("one", BagStorageFormat.Sqlite3, (1, "/odom", 1), (3, "/odom", 2), (5, "/scan", 3));
        Write("other", BagStorageFormat.Mcap, (0, "/map", 4), (3, "/odom", 5), (9, "/map", 6));

        Merge(storage, "other", "one");

        using var merged = BagReader.Open(_folder["merged"]);
        Assert.Equal(["/map 0 4", "/odom 1 1", "/odom 3 5", "/odom 3 2", "/scan 5 3", "/map 9 6"], Shown(merged));
        Assert.Equal(["/map", "/odom", "/scan"], merged.Topics.Select(topic => topic.Name).Order());
        Assert.Empty(Codes(BagVerifier.Verify(_folder["merged"])));
    }

    [Fact]
    public void Real_bags_keep_all_payloads_and_definitions()
    {
        using (var one = BagReader.Open(Shared("turtlesim_cmd_vel")))
        using (var other = BagReader.Open(Shared("bagel_mcap")))
            BagConverter.Merge([one, other], _folder["merged"], new BagWriterOptions { Storage = BagStorageFormat.Mcap });

        using var merged = BagReader.Open(_folder["merged"]);
        Assert.Equal(
            ReadAll(Shared("turtlesim_cmd_vel")).Concat(ReadAll(Shared("bagel_mcap"))).Select(message => (message.TimestampNs, message.DataHash)).Order(),
            ReadAll(merged).Select(message => (message.TimestampNs, message.DataHash)).Order());
        using var bagel = BagReader.Open(Shared("bagel_mcap"));
        Assert.Equal(bagel.MessageDefinitions.Select(definition => definition.TopicType).Order(), merged.MessageDefinitions.Select(definition => definition.TopicType).Order());
    }

    [Fact]
    public void A_topic_keeps_what_the_publishers_of_all_bags_offered()
    {
        var (latched, volatileOne) = (new QosProfile { Durability = QosDurability.TransientLocal, Depth = 1 }, new QosProfile { Durability = QosDurability.Volatile });
        Write("one", Topic("/map") with { OfferedQosProfiles = QosProfile.FormatList([latched]) });
        Write("other", Topic("/map") with { OfferedQosProfiles = QosProfile.FormatList([volatileOne, latched]) });

        Merge(BagStorageFormat.Mcap, "one", "other");

        using var merged = BagReader.Open(_folder["merged"]);
        Assert.Equal([latched, volatileOne], QosProfile.ParseList(Assert.Single(merged.Topics).OfferedQosProfiles));
    }

    [Fact]
    public void Bags_that_disagree_are_refused_by_name_and_leave_nothing()
    {
        Write("one", Topic("/odom") with { Type = "nav_msgs/msg/Odometry" });
        Write("other", Topic("/odom") with { Type = "std_msgs/msg/String" });
        Write("old", Topic("/a") with { Type = "a/msg/A" }, new MessageDefinition { TopicType = "a/msg/A", Text = "int32 x" });
        Write("new", Topic("/b") with { Type = "a/msg/A" }, new MessageDefinition { TopicType = "a/msg/A", Text = "int64 x" });

        var topic = Fails(() => Merge(BagStorageFormat.Mcap, "one", "other"), BagError.InvalidOperation);
        var type = Fails(() => Merge(BagStorageFormat.Mcap, "old", "new"), BagError.InvalidOperation);

        Assert.Equal("The topic '/odom' is nav_msgs/msg/Odometry (cdr) in 'one' and std_msgs/msg/String (cdr) in 'other': it cannot be one topic.", topic.Message);
        Assert.Equal("'old' and 'new' have different definitions of a/msg/A: their messages cannot be in one bag.", type.Message);
        Assert.False(Directory.Exists(_folder["merged"]));
    }

    private void Merge(BagStorageFormat storage, params string[] names)
    {
        var bags = names.Select(name => BagReader.Open(_folder[name])).ToList();
        try
        {
            BagConverter.Merge(bags, _folder["merged"], new BagWriterOptions { Storage = storage });
        }
        finally
        {
            foreach (var bag in bags) bag.Dispose();
        }
    }

    private void Write(string name, BagTopic topic, MessageDefinition? definition = null)
    {
        using var writer = BagWriter.Create(_folder[name]);
        writer.Write(writer.AddTopic(topic, definition), 1, Payload(1));
        writer.Complete();
    }

    private void Write(string name, BagStorageFormat storage, params (long TimeNs, string Topic, int Number)[] messages)
    {
        using var writer = BagWriter.Create(_folder[name], new BagWriterOptions { Storage = storage });
        var topics = messages.Select(message => message.Topic).Distinct().ToDictionary(topic => topic, topic => writer.AddTopic(Topic(topic)));
        foreach (var (time, topic, number) in messages) writer.Write(topics[topic], time, Payload(number));
        writer.Complete();
    }

    private static List<string> Shown(BagReader bag)
    {
        List<string> shown = [];
        foreach (var message in bag.ReadMessages()) shown.Add($"{bag.Topics[message.TopicId].Name} {message.TimestampNs} {PayloadNumber(message.Data)}");
        return shown;
    }
}
