namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// A stretch of records that is read at once: the records of a chunk, or up to a mebibyte of records that are in no chunk.
/// The row id of a message is the number of its segment (upper 32 bits) and its place among the messages there.
/// </summary>
internal readonly record struct McapSegment
{
    /// <summary>Where the stored bytes start in the file.</summary>
    public required long Position { get; init; }

    /// <summary>Bytes in the file.</summary>
    public required int StoredBytes { get; init; }

    /// <summary>Bytes after decompression.</summary>
    public required int Bytes { get; init; }

    public required McapCompression Compression { get; init; }

    /// <summary>CRC-32 of the decompressed bytes; 0 if there is none.</summary>
    public uint Crc { get; init; }

    /// <summary>True if the file ends inside this segment: what is there is read as far as it goes.</summary>
    public bool IsCut { get; init; }

    /// <summary>True for the records of a chunk.</summary>
    public bool IsChunk { get; init; }

    /// <summary>Earliest timestamp, nanoseconds since the Unix epoch.</summary>
    public required long FirstNs { get; init; }

    /// <summary>Latest timestamp, nanoseconds since the Unix epoch.</summary>
    public required long LastNs { get; init; }

    public BagFormatException OtherTimes(string file) => new(BagError.ValueInvalid,
        $"{file} has a chunk at byte {Position} whose messages are not within the times that it names. Rewrite it with 'mcap recover'.", file);

    public static long RowId(int segment, int place) => ((long)segment << 32) | (uint)place;

    public static (int Segment, int Place) Split(long rowId) => ((int)(rowId >> 32), (int)rowId);
}
