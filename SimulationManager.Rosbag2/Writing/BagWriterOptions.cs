namespace SimulationManager.Rosbag2;

/// <summary>The storage of a bag that is written.</summary>
public enum BagStorageFormat
{
    /// <summary><c>.db3</c>: an SQLite database, rosbag2's default until Humble.</summary>
    Sqlite3,

    /// <summary><c>.mcap</c>: rosbag2's default since Iron.</summary>
    Mcap,
}

/// <summary>How to write a bag.</summary>
public sealed record BagWriterOptions
{
    /// <summary>The defaults: one file, not compressed.</summary>
    public static BagWriterOptions Default { get; } = new();

    /// <summary>The storage; sqlite3 by default.</summary>
    public BagStorageFormat Storage { get; init; }

    /// <summary>How to compress the chunks of an MCAP file. A chunk that does not become smaller is stored as it is. Default zstd.</summary>
    public McapCompression ChunkCompression { get; init; } = McapCompression.Zstd;

    /// <summary>The profile that an MCAP file names: <c>ros2</c>, or empty for a file whose messages are not those of ROS.</summary>
    public string Profile { get; init; } = "ros2";

    /// <summary>
    /// A chunk of an MCAP file ends before the message that would take it over this many bytes, 1,024 to 64 MiB. Default
    /// 1 MiB. A larger message has a chunk of its own.
    /// </summary>
    public int ChunkBytes { get; init; } = 1024 * 1024;

    /// <summary>What to compress with zstd. MCAP has no <see cref="BagCompression.Message"/>: its chunks are compressed instead.</summary>
    public BagCompression Compression { get; init; }

    /// <summary>zstd level of files, messages and chunks, 1 (fast) to 22 (small).</summary>
    public int CompressionLevel { get; init; } = 3;

    /// <summary>
    /// A new file is begun before the message that would take the current one over this many bytes of message data (with
    /// 32 bytes per message for its row). Counted from the messages, not from the disk, so that the split is the same
    /// everywhere. 0: no limit.
    /// </summary>
    public long MaxFileBytes { get; init; }

    /// <summary>A new file is begun with the message that is this many nanoseconds or more after the first of the current file. 0: no limit.</summary>
    public long MaxFileDurationNs { get; init; }

    /// <summary>ROS distribution named in the bag.</summary>
    public string RosDistro { get; init; } = "jazzy";

    /// <summary>Free key-value pairs for the metadata.</summary>
    public IReadOnlyDictionary<string, string> CustomData { get; init; } = new Dictionary<string, string>();
}
