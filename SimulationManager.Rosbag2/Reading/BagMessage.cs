using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2;

/// <summary>A view of one message. It lives until the reader moves on; copy <see cref="Data"/> to keep it.</summary>
public readonly ref struct BagMessage
{
    private readonly MessagesByTime _position;

    internal BagMessage(MessagesByTime position, ReadOnlySpan<byte> data)
    {
        _position = position;
        Data = data;
    }

    /// <summary>Index into <see cref="BagReader.Topics"/>.</summary>
    public int TopicId => _position.TopicId;

    /// <summary>Recorded time, nanoseconds since the Unix epoch (any value, also negative, as stored).</summary>
    public long TimestampNs => _position.TimestampNs;

    /// <summary>
    /// Published time, nanoseconds since the Unix epoch; the same as <see cref="TimestampNs"/> where the file does not keep
    /// it (sqlite3 storage).
    /// </summary>
    public long PublishedNs => _position.PublishedNs;

    /// <summary>The publisher's message counter; 0 where the file does not keep it (sqlite3 storage).</summary>
    public uint Sequence => _position.Sequence;

    /// <summary>Index into <see cref="BagReader.Files"/>.</summary>
    public int FileIndex => _position.FileIndex;

    /// <summary>Id of the message within its file.</summary>
    public long RowId => _position.RowId;

    /// <summary>The serialized message (decompressed if the bag compresses messages).</summary>
    public ReadOnlySpan<byte> Data { get; }
}
