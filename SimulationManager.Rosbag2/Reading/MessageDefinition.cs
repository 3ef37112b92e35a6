namespace SimulationManager.Rosbag2;

/// <summary>The text definition of a message type that newer bags carry (table <c>message_definitions</c>).</summary>
public sealed record MessageDefinition
{
    /// <summary>Message type, <c>package/msg/Type</c>.</summary>
    public required string TopicType { get; init; }

    /// <summary><c>ros2msg</c>, <c>ros2idl</c> or <c>unknown</c>.</summary>
    public string Encoding { get; init; } = "ros2msg";

    /// <summary>The definition, with those of the types that it uses appended.</summary>
    public required string Text { get; init; }

    /// <summary>Type description hash, or empty.</summary>
    public string TypeDescriptionHash { get; init; } = "";
}
