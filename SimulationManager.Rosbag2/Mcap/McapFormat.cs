namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Kinds of MCAP records (mcap.dev/spec, "Records").</summary>
internal enum McapOpcode : byte
{
    Header = 0x01,
    Footer = 0x02,
    Schema = 0x03,
    Channel = 0x04,
    Message = 0x05,
    Chunk = 0x06,
    MessageIndex = 0x07,
    ChunkIndex = 0x08,
    Attachment = 0x09,
    AttachmentIndex = 0x0A,
    Statistics = 0x0B,
    Metadata = 0x0C,
    MetadataIndex = 0x0D,
    SummaryOffset = 0x0E,
    DataEnd = 0x0F,
}

/// <summary>Sizes and names that the format fixes.</summary>
internal static class McapFormat
{
    /// <summary>Opcode and length before the content of every record, bytes.</summary>
    public const int RecordHeadBytes = 9;

    /// <summary>Channel, sequence and two times before the data of a message, bytes.</summary>
    public const int MessageHeadBytes = 22;

    /// <summary>Longest record of text (schema, channel, metadata, statistics) that is taken in, bytes.</summary>
    public const int MaxTextBytes = 16 * 1024 * 1024;

    public const string QosKey = "offered_qos_profiles";

    public const string TypeHashKey = "topic_type_hash";

    /// <summary>The metadata record in which rosbag2 keeps its own metadata, and the keys in it.</summary>
    public const string Rosbag2Record = "rosbag2";

    public const string Rosbag2Metadata = "serialized_metadata";

    public const string Rosbag2Distro = "ROS_DISTRO";

    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'M', (byte)'C', (byte)'A', (byte)'P', (byte)'0', (byte)'\r', (byte)'\n'];
}
