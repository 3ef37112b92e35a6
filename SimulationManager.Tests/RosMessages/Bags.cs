using SimulationManager.Generation;
using SimulationManager.RosMessages;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.RosMessages;

/// <summary>A message of a bag.</summary>
/// <param name="Bag">The bag's name.</param>
/// <param name="Topic">The topic's name.</param>
/// <param name="Schema">The message's type.</param>
/// <param name="Definition">The text of the type's definition.</param>
/// <param name="Payload">The payload.</param>
internal sealed record RecordedMessage(string Bag, string Topic, MessageSchema Schema, string Definition, byte[] Payload);

/// <summary>Every message of the bags that the tests have, and of generated ones, with its type.</summary>
internal static class Bags
{
    private static readonly string[] s_names =
        ["turtlesim_cmd_vel", "talker", "cdr_test", "test_bag_for_seek", "no_metadata_split", "many_types", "log_kilted"];

    /// <summary><c>test_msgs/BasicTypes</c> (ros2/test_interface_files), for a bag that carries no definitions.</summary>
    private const string BasicTypes = """
        bool bool_value
        byte byte_value
        char char_value
        float32 float32_value
        float64 float64_value
        int8 int8_value
        uint8 uint8_value
        int16 int16_value
        uint16 uint16_value
        int32 int32_value
        uint32 uint32_value
        int64 int64_value
        uint64 uint64_value

        """;

    private static readonly Lazy<IReadOnlyList<RecordedMessage>> s_all = new(ReadAll);

    /// <summary>All messages.</summary>
    public static IReadOnlyList<RecordedMessage> Messages => s_all.Value;

    private static List<RecordedMessage> ReadAll()
    {
        var messages = new List<RecordedMessage>();
        foreach (var name in s_names)
            Read(name, BagFixtures.Shared(name), messages);
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(4) });
        Read("robot", folder["robot"], messages);
        LoadRecording.Write(folder["load"], new LoadRecordingOptions { MessagesPerSecond = 10, MessageBytes = 300, Duration = TimeSpan.FromSeconds(1), Topics = 2 });
        Read("load", folder["load"], messages);
        return messages;
    }

    private static void Read(string name, string path, List<RecordedMessage> messages)
    {
        using var bag = BagReader.Open(path);
        var definitions = bag.Topics.Select(topic => Definition(bag, topic.Type)).ToArray();
        var schemas = bag.Topics.Zip(definitions, (topic, definition) => MessageSchema.Parse(topic.Type, definition)).ToArray();
        foreach (var message in bag.ReadMessages())
            messages.Add(new RecordedMessage(name, bag.Topics[message.TopicId].Name, schemas[message.TopicId], definitions[message.TopicId], message.Data.ToArray()));
    }

    private static string Definition(BagReader bag, string type)
    {
        var carried = bag.MessageDefinitions.FirstOrDefault(definition => definition.TopicType == type);
        // The definitions in the bag talker are made up: they do not fit its messages.
        if (carried is not null && carried.TypeDescriptionHash is not ("hash1" or "hash2" or "hash3"))
            return carried.Text;
        return type == "test_msgs/BasicTypes"
            ? BasicTypes
            : BuiltInDefinitions.FindText(type, RosDistros.Parse(bag.Bundle.Metadata?.RosDistro)) ?? throw new InvalidOperationException($"No definition of {type}.");
    }
}
