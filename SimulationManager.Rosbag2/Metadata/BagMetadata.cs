namespace SimulationManager.Rosbag2;

/// <summary>How a bag is compressed (<c>compression_mode</c>).</summary>
public enum BagCompression
{
    /// <summary>Not compressed.</summary>
    None,

    /// <summary>Each storage file is one zstd frame (<c>.db3.zstd</c>, <c>.mcap.zstd</c>).</summary>
    File,

    /// <summary>Each message's data is one zstd frame; the storage file itself is plain.</summary>
    Message,
}

/// <summary>A topic as recorded.</summary>
public sealed record BagTopic
{
    /// <summary>Topic name, normally with a leading slash (<c>/odom</c>). One that is stored in another encoding than UTF-8 is read as Latin-1.</summary>
    public required string Name { get; init; }

    /// <summary>False if the name was not UTF-8 in its file.</summary>
    internal bool NameIsUtf8 { get; init; } = true;

    /// <summary>Message type, normally <c>package/msg/Type</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Serialization of the message bytes; <c>cdr</c> in every bag that ROS 2 records.</summary>
    public string SerializationFormat { get; init; } = "cdr";

    /// <summary>
    /// Offered quality of service as the YAML text that rosbag2 stores, or empty when unknown.
    /// <see cref="QosProfile.ParseList"/> reads it.
    /// </summary>
    public string OfferedQosProfiles { get; init; } = "";

    /// <summary>Type description hash (<c>RIHS01_…</c>), or empty when unknown (before ROS 2 Iron).</summary>
    public string TypeDescriptionHash { get; init; } = "";
}

/// <summary>A topic and how many messages the metadata claims for it.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="MessageCount">Messages, 0 or more.</param>
public sealed record BagTopicCount(BagTopic Topic, long MessageCount);

/// <summary>What the metadata claims about one storage file (metadata version 5 and later).</summary>
public sealed record BagFileInformation
{
    /// <summary>File name relative to the bundle.</summary>
    public required string Path { get; init; }

    /// <summary>First timestamp, nanoseconds since the Unix epoch.</summary>
    public required long StartingTimeNs { get; init; }

    /// <summary>Last minus first timestamp, nanoseconds.</summary>
    public required long DurationNs { get; init; }

    /// <summary>Messages in the file.</summary>
    public required long MessageCount { get; init; }
}

/// <summary>The contents of <c>metadata.yaml</c>. It is a claim: the storage files are the truth.</summary>
public sealed record BagMetadata
{
    /// <summary>Newest version that this library reads, and the one that it writes.</summary>
    public const int CurrentVersion = 9;

    /// <summary>The value of <see cref="StartingTimeNs"/> that rosbag2 writes for a bag without messages.</summary>
    public const long NoStartingTime = long.MaxValue;

    /// <summary>Format version, 1 to 9.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Storage plug-in: <c>sqlite3</c> or <c>mcap</c>.</summary>
    public string StorageIdentifier { get; init; } = "sqlite3";

    /// <summary>Last minus first timestamp, nanoseconds.</summary>
    public long DurationNs { get; init; }

    /// <summary>First timestamp, nanoseconds since the Unix epoch; <see cref="NoStartingTime"/> when there is no message.</summary>
    public long StartingTimeNs { get; init; } = NoStartingTime;

    /// <summary>Messages in all files.</summary>
    public long MessageCount { get; init; }

    /// <summary>Topics with their message counts.</summary>
    public IReadOnlyList<BagTopicCount> Topics { get; init; } = [];

    /// <summary><c>zstd</c>, or empty.</summary>
    public string CompressionFormat { get; init; } = "";

    /// <summary>What is compressed.</summary>
    public BagCompression Compression { get; init; }

    /// <summary>Storage files in recording order, relative to the bundle.</summary>
    public IReadOnlyList<string> RelativeFilePaths { get; init; } = [];

    /// <summary>Details per file; empty before version 5.</summary>
    public IReadOnlyList<BagFileInformation> Files { get; init; } = [];

    /// <summary>Free key-value pairs; empty before version 6.</summary>
    public IReadOnlyDictionary<string, string> CustomData { get; init; } = new Dictionary<string, string>();

    /// <summary>ROS distribution that recorded the bag (<c>jazzy</c>); empty before version 8.</summary>
    public string RosDistro { get; init; } = "";
}
