namespace SimulationManager.Rosbag2;

/// <summary>A view of one message. It lives until the reader moves on; copy <see cref="Data"/> to keep it.</summary>
public readonly ref struct BagMessage
{
    internal BagMessage(int topicId, long timestampNs, int fileIndex, long rowId, ReadOnlySpan<byte> data)
    {
        TopicId = topicId;
        TimestampNs = timestampNs;
        FileIndex = fileIndex;
        RowId = rowId;
        Data = data;
    }

    /// <summary>Index into <see cref="BagReader.Topics"/>.</summary>
    public int TopicId { get; }

    /// <summary>Recorded time, nanoseconds since the Unix epoch (any value, also negative, as stored).</summary>
    public long TimestampNs { get; }

    /// <summary>Index into <see cref="BagReader.Files"/>.</summary>
    public int FileIndex { get; }

    /// <summary>Id of the message within its file.</summary>
    public long RowId { get; }

    /// <summary>The serialized message (decompressed if the bag compresses messages).</summary>
    public ReadOnlySpan<byte> Data { get; }
}
