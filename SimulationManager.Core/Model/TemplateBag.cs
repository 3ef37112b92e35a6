namespace SimulationManager.Core.Model;

/// <summary>What is in a template's bag, as <c>ros2 bag info</c> tells it; found when the bundle was checked.</summary>
public sealed record TemplateBag
{
    public required string StorageIdentifier { get; init; }

    /// <summary>Version of the sqlite3 storage schema.</summary>
    public required int StorageSchemaVersion { get; init; }

    /// <summary>Version of the metadata that was sent; null when there was none and it was made from the files.</summary>
    public required int? MetadataVersion { get; init; }

    /// <summary>ROS distribution that recorded the bag; empty when unknown.</summary>
    public required string RosDistro { get; init; }

    /// <summary><c>none</c>, <c>file</c> or <c>message</c>.</summary>
    public required string Compression { get; init; }

    /// <summary>Size of the storage files in bytes.</summary>
    public required long SizeBytes { get; init; }

    public required long MessageCount { get; init; }

    /// <summary>First message, nanoseconds since the Unix epoch; null without messages.</summary>
    public required long? StartNanoseconds { get; init; }

    /// <summary>Time from the first to the last message, in nanoseconds.</summary>
    public required long DurationNanoseconds { get; init; }

    public required IReadOnlyList<TemplateBagTopic> Topics { get; init; }
    public required IReadOnlyList<TemplateBagFile> Files { get; init; }

    /// <summary>Where the metadata disagrees with the files, and what else is untidy.</summary>
    public required IReadOnlyList<TemplateBagWarning> Warnings { get; init; }
}

/// <summary>One topic of a <see cref="TemplateBag"/>.</summary>
/// <param name="Name">As recorded.</param>
/// <param name="Type">Message type.</param>
/// <param name="MessageCount">Messages in all files.</param>
/// <param name="RateHz">Messages per second; null with fewer than two messages.</param>
/// <param name="SizeBytes">Size of the messages as stored.</param>
public sealed record TemplateBagTopic(string Name, string Type, long MessageCount, double? RateHz, long SizeBytes);

/// <summary>One storage file of a <see cref="TemplateBag"/>.</summary>
public sealed record TemplateBagFile(string Name, long SizeBytes, long MessageCount);

/// <summary>One untidiness of a <see cref="TemplateBag"/>.</summary>
/// <param name="Code">Its name, for programs.</param>
/// <param name="Message">What it is, for people.</param>
/// <param name="File">Where it is; null for the bag as a whole.</param>
public sealed record TemplateBagWarning(string Code, string Message, string? File);
