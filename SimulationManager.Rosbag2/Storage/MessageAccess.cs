namespace SimulationManager.Rosbag2.Storage;

/// <summary>
/// The messages of one file in the order (timestamp, row id). Spans last until the next move. What every message is asked for
/// is kept here, since an interface call for each of them costs small messages a tenth of their time.
/// </summary>
internal abstract class MessagesByTime : IDisposable
{
    /// <summary>The file's place in the bag.</summary>
    public int FileIndex { get; set; }

    /// <summary>The topic's id in the bag.</summary>
    public int TopicId { get; protected set; }

    public long TimestampNs { get; protected set; }

    public long RowId { get; protected set; }

    /// <summary>When the message was published; equal to <see cref="TimestampNs"/> where the format does not keep it.</summary>
    public virtual long PublishedNs => TimestampNs;

    /// <summary>The publisher's counter; 0 where the format does not keep it.</summary>
    public virtual uint Sequence => 0;

    public abstract ReadOnlySpan<byte> Data { get; }

    /// <exception cref="BagFormatException">The file is damaged.</exception>
    public abstract bool MoveNext();

    public abstract void Dispose();
}

/// <summary>All messages of one file in the order in which they are stored, also those of topics that the file does not name.</summary>
internal interface IMessageScan : IDisposable
{
    long RowId { get; }

    /// <summary>The topic's id in the file.</summary>
    long TopicId { get; }

    long TimestampNs { get; }

    /// <summary>When the message was published; equal to <see cref="TimestampNs"/> where the format does not keep it.</summary>
    long PublishedNs { get; }

    /// <summary>Bytes of data as stored.</summary>
    int Size { get; }

    ReadOnlySpan<byte> Data { get; }

    /// <exception cref="BagFormatException">The file is damaged.</exception>
    bool MoveNext();
}

/// <summary>The messages of one file by row id, in any order.</summary>
internal interface IMessageLookup : IDisposable
{
    /// <summary>The data of the current message, valid until the next move.</summary>
    ReadOnlySpan<byte> Data { get; }

    /// <exception cref="BagFormatException">No such message, or the file is damaged.</exception>
    void MoveTo(long rowId);
}
