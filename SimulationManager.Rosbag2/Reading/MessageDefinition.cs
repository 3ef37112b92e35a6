namespace SimulationManager.Rosbag2;

/// <summary>The definition of a message type that newer bags carry (sqlite3: table <c>message_definitions</c>; MCAP: schema records).</summary>
public sealed record MessageDefinition
{
    /// <summary>Message type, <c>package/msg/Type</c> for ROS.</summary>
    public required string TopicType { get; init; }

    /// <summary><c>ros2msg</c>, <c>ros2idl</c> or <c>unknown</c>; in MCAP also others, such as <c>jsonschema</c> and <c>protobuf</c>.</summary>
    public string Encoding { get; init; } = "ros2msg";

    /// <summary>The definition, with those of the types that it uses appended; empty if it is not text.</summary>
    public required string Text { get; init; }

    /// <summary>The definition where it is not text (MCAP: <c>protobuf</c>, <c>flatbuffer</c>), else empty.</summary>
    public ReadOnlyMemory<byte> Binary { get; init; }

    /// <summary>Type description hash, or empty.</summary>
    public string TypeDescriptionHash { get; init; } = "";
}
