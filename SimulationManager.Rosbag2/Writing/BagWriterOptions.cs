namespace SimulationManager.Rosbag2;

/// <summary>How to write a bag.</summary>
public sealed record BagWriterOptions
{
    /// <summary>The defaults: one file, not compressed.</summary>
    public static BagWriterOptions Default { get; } = new();

    /// <summary>What to compress with zstd.</summary>
    public BagCompression Compression { get; init; }

    /// <summary>zstd level, 1 (fast) to 22 (small).</summary>
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
