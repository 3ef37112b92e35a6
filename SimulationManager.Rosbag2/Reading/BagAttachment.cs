namespace SimulationManager.Rosbag2;

/// <summary>A file that lies inside an MCAP file beside the messages, such as a calibration or a log.</summary>
public sealed record BagAttachment
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its media type, such as <c>text/plain</c>.</summary>
    public required string MediaType { get; init; }

    /// <summary>When it was recorded, nanoseconds since the Unix epoch.</summary>
    public required long LogTimeNs { get; init; }

    /// <summary>When it was made, nanoseconds since the Unix epoch; 0 if unknown.</summary>
    public required long CreatedNs { get; init; }

    /// <summary>Bytes of content.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Where the content starts in its file.</summary>
    internal long Position { get; init; }

    /// <summary>Where the checksummed part of the record starts in its file.</summary>
    internal long RecordPosition { get; init; }

    /// <summary>Where that part ends and its CRC-32 stands.</summary>
    internal long CrcPosition { get; init; }
}

/// <summary>A named set of key-value pairs in an MCAP file.</summary>
/// <param name="Name">Its name; several may have the same.</param>
/// <param name="Values">The pairs.</param>
public sealed record BagMetadataRecord(string Name, IReadOnlyDictionary<string, string> Values);
