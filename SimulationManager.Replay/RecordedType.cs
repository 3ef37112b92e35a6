using System.Text;
using SimulationManager.RosMessages;
using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>
/// The type of a topic's messages, and its definition: the one that the bag carries, else the built-in one of the release that recorded the bag.
/// The definition is read when it is first asked for. Immutable; shared by topics and threads.
/// </summary>
public sealed class RecordedType
{
    private const string Cdr = "cdr";
    private const string Heading = "MSG:";

    private readonly Lazy<(MessageSchema? Schema, string? Problem)> _definition;
    private readonly Func<MessageDefinition?> _text;

    /// <summary>A type whose definition is known.</summary>
    /// <param name="schema">The definition.</param>
    public RecordedType(MessageSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        (Name, Format) = (schema.Root.Name, Cdr);
        _definition = new((schema, null));
        _text = () => BuiltIn(Name, RosDistro.Kilted);
    }

    private RecordedType(string name, string format, MessageDefinition? definition, RosDistro distro)
    {
        (Name, Format) = (name, format);
        _definition = new(() => Define(name, format, definition, distro));
        _text = () => Schema is null ? null : IsText(definition) && !string.IsNullOrWhiteSpace(definition!.Text) ? Complete(definition, Schema, distro) : BuiltIn(name, distro);
    }

    /// <summary>The type's name as the bag has it, normally <c>package/msg/Type</c>.</summary>
    public string Name { get; }

    /// <summary>Whether messages are serialized as ROS 2 and DDS do it.</summary>
    public bool IsCdr => Format == Cdr;

    /// <summary>How messages are serialized, as the bag has it, normally <c>cdr</c>.</summary>
    public string Format { get; }

    /// <summary>The definition; null when nobody has it (<see cref="Problem"/>).</summary>
    public MessageSchema? Schema => _definition.Value.Schema;

    /// <summary>Why there is no definition, as a clause that begins with the type's name; null when there is one.</summary>
    public string? Problem => _definition.Value.Problem;

    /// <summary>The text of the definition with those of the types that it uses, as a bag carries it; null when nobody has it.</summary>
    public MessageDefinition? Text => _text();

    /// <summary>The types of a bag's topics.</summary>
    /// <param name="rosDistro">ROS distribution that recorded the bag.</param>
    /// <param name="topics">The topics.</param>
    /// <param name="recorded">The definitions that the bag carries.</param>
    /// <returns>A type for each topic, in their order.</returns>
    public static IReadOnlyList<RecordedType> Of(string rosDistro, IReadOnlyList<BagTopic> topics, IEnumerable<MessageDefinition> recorded)
    {
        var distro = RosDistros.Parse(rosDistro);
        var definitions = recorded.Where(definition => definition.Binary.IsEmpty).DistinctBy(definition => definition.TopicType).ToDictionary(definition => definition.TopicType, StringComparer.Ordinal);
        var types = new Dictionary<(string Name, string Format), RecordedType>();
        foreach (var topic in topics)
            types.TryAdd((topic.Type, topic.SerializationFormat), new RecordedType(topic.Type, topic.SerializationFormat, definitions.GetValueOrDefault(topic.Type), distro));
        return [.. topics.Select(topic => types[(topic.Type, topic.SerializationFormat)])];
    }

    private static (MessageSchema? Schema, string? Problem) Define(string name, string format, MessageDefinition? definition, RosDistro distro)
    {
        if (format != Cdr) return (null, $"{name} is recorded as '{format}', not as CDR");
        try
        {
            if (definition is not null && IsText(definition)) return (MessageSchema.Parse(name, definition.Text, definition.Encoding), null);
            return BuiltInDefinitions.Find(name, distro) is { } schema ? (schema, null) : (null, $"{name} is defined neither in the bag nor among the common types");
        }
        catch (RosMessageException exception)
        {
            return (null, $"{name} has a definition that cannot be used: {exception.Message}");
        }
    }

    /// <summary>Adds the types that a text uses and does not define: others have no table of the common ones.</summary>
    private static MessageDefinition Complete(MessageDefinition definition, MessageSchema schema, RosDistro distro)
    {
        if (definition.Encoding == "ros2idl") return definition;
        var defined = definition.Text.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith(Heading, StringComparison.Ordinal)).Select(line => ShortName(line[Heading.Length..].Trim())).ToHashSet(StringComparer.Ordinal);
        string[] lacking = [.. schema.Types.Skip(1).Select(type => type.Name).Where(name => !defined.Contains(ShortName(name)))];
        var text = new StringBuilder(definition.Text.TrimEnd('\n'));
        foreach (var name in lacking)
        {
            if (BuiltInDefinitions.FindText(name, distro) is not { } found) return definition;
            // Its own part comes first.
            text.Append('\n').Append('=', 80).Append('\n').Append(Heading).Append(' ').Append(ShortName(name)).Append('\n').Append(found.Split("\n====")[0]);
        }
        return lacking.Length == 0 ? definition : definition with { Text = text.ToString() };
    }

    private static string ShortName(string type) => type.Replace("/msg/", "/", StringComparison.Ordinal);

    private static bool IsText(MessageDefinition? definition) => definition is { Encoding: "ros2msg" or "ros2idl" or "unknown" };

    private static MessageDefinition? BuiltIn(string name, RosDistro distro) =>
        BuiltInDefinitions.FindText(name, distro) is { } text ? new MessageDefinition { TopicType = name, Text = text } : null;
}
