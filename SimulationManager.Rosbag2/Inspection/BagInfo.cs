using SimulationManager.Rosbag2.Inspection;

namespace SimulationManager.Rosbag2;

/// <summary>A topic in a <see cref="BagInfo"/>.</summary>
public sealed record BagTopicInfo
{
    /// <summary>The topic.</summary>
    public required BagTopic Topic { get; init; }

    /// <summary>Messages.</summary>
    public required long MessageCount { get; init; }

    /// <summary>Size of the messages as stored, bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Size of the largest message as stored, bytes.</summary>
    public required long LargestMessageBytes { get; init; }

    /// <summary>First timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public required long? FirstNs { get; init; }

    /// <summary>Last timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public required long? LastNs { get; init; }

    /// <summary>Messages per second between the topic's first and last message; null with fewer than two, or all at one time.</summary>
    public double? RateHz => MessageCount > 1 && LastNs > FirstNs
        ? (MessageCount - 1) / (TimeSpanNs.Between(FirstNs.Value, LastNs.Value) / 1e9)
        : null;
}

/// <summary>A storage file in a <see cref="BagInfo"/>.</summary>
public sealed record BagFileInfo
{
    /// <summary>Path in the bundle.</summary>
    public required string Name { get; init; }

    /// <summary>Size on disk, bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Messages that can be read.</summary>
    public required long MessageCount { get; init; }

    /// <summary>First timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public required long? FirstNs { get; init; }

    /// <summary>Last timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public required long? LastNs { get; init; }

    /// <summary>Version of the sqlite3 storage schema, 1 to 4; 0 for MCAP.</summary>
    public required int SchemaVersion { get; init; }
}

/// <summary>What is in a bag, as <c>ros2 bag info</c> tells it; counted from the storage files, not taken from the metadata.</summary>
public sealed record BagInfo
{
    /// <summary>Name of the bag.</summary>
    public required string Name { get; init; }

    /// <summary>Storage plug-in, <c>sqlite3</c> or <c>mcap</c>.</summary>
    public required string StorageIdentifier { get; init; }

    /// <summary>ROS distribution that recorded the bag, or empty if unknown.</summary>
    public required string RosDistro { get; init; }

    /// <summary>Metadata version, or null if there is no metadata.yaml.</summary>
    public required int? MetadataVersion { get; init; }

    /// <summary>Highest version of the sqlite3 storage schema among the files, 1 to 4; 0 for MCAP.</summary>
    public required int SchemaVersion { get; init; }

    /// <summary>How the bag is compressed.</summary>
    public required BagCompression Compression { get; init; }

    /// <summary>Size of the storage files on disk, bytes.</summary>
    public long SizeBytes => Files.Sum(file => file.SizeBytes);

    /// <summary>Messages that can be read.</summary>
    public long MessageCount => Files.Sum(file => file.MessageCount);

    /// <summary>First timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public long? StartNs => Topics.Min(topic => topic.FirstNs);

    /// <summary>Last timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public long? EndNs => Topics.Max(topic => topic.LastNs);

    /// <summary>Last minus first timestamp, nanoseconds; 0 if there is no message.</summary>
    public long DurationNs => StartNs is { } start && EndNs is { } end ? TimeSpanNs.Between(start, end) : 0;

    /// <summary>Topics, in the order of <see cref="BagReader.Topics"/>.</summary>
    public required IReadOnlyList<BagTopicInfo> Topics { get; init; }

    /// <summary>As <see cref="BagReader.MessageDefinitions"/>.</summary>
    public required IReadOnlyList<MessageDefinition> MessageDefinitions { get; init; }

    /// <summary>Storage files in recording order.</summary>
    public required IReadOnlyList<BagFileInfo> Files { get; init; }

    /// <summary>Counts what is in a bag. Reads every file's rows, but not the data of long messages.</summary>
    /// <param name="bag">An open bag.</param>
    /// <param name="cancellationToken">Ends the counting.</param>
    /// <exception cref="BagFormatException">A file is damaged.</exception>
    public static BagInfo Read(BagReader bag, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bag);
        return FileScan.Describe(bag, [.. bag.Files.Select(file => FileScan.Run(bag, file, cancellationToken))]);
    }
}
