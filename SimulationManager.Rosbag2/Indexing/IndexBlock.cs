namespace SimulationManager.Rosbag2.Indexing;

/// <summary>
/// Up to 16,384 messages of one file in the order in which they are stored, encoded column by column: what is alike stands
/// together, and numbers that follow from the one before them take one byte.
/// </summary>
internal sealed class IndexBlock
{
    private const int MaxMessages = 16_384;

    /// <summary>Of one message, encoded: three numbers of 64 bits, one of 32 and one of 16.</summary>
    private const int MaxMessageBytes = (3 * 10) + 5 + 3;

    private readonly IndexedMessage[] _messages = new IndexedMessage[MaxMessages];
    private readonly byte[] _bytes = new byte[MaxBytes];
    private int _count;

    /// <summary>Largest encoded block, bytes.</summary>
    public const int MaxBytes = (2 * 5) + (MaxMessages * MaxMessageBytes);

    public bool IsFull => _count == MaxMessages;

    public bool IsEmpty => _count == 0;

    /// <summary>The messages that were decoded last.</summary>
    public ReadOnlySpan<IndexedMessage> Messages => _messages.AsSpan(0, _count);

    /// <summary>The file that they are in.</summary>
    public int FileIndex { get; private set; }

    public void Begin(int fileIndex) => (FileIndex, _count) = (fileIndex, 0);

    public void Add(in IndexedMessage message) => _messages[_count++] = message;

    /// <summary>The block's bytes, valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode()
    {
        var output = new VarintWriter(_bytes);
        var messages = Messages;
        output.Write((uint)FileIndex);
        output.Write((uint)messages.Length);
        var (time, row) = (0L, 0L);
        foreach (ref readonly var message in messages)
        {
            output.WriteSigned(unchecked(message.TimestampNs - time));
            time = message.TimestampNs;
        }

        foreach (ref readonly var message in messages)
            output.WriteSigned(unchecked(message.PublishedNs - message.TimestampNs));
        foreach (ref readonly var message in messages)
            output.Write(message.TopicId);
        foreach (ref readonly var message in messages)
            output.Write((uint)message.Size);
        foreach (ref readonly var message in messages)
        {
            output.WriteSigned(unchecked(message.RowId - row));
            row = unchecked(message.RowId + 1);
        }

        return output.Written;
    }

    /// <exception cref="FormatException">They are not the bytes of a block.</exception>
    public void Decode(ReadOnlySpan<byte> bytes)
    {
        var input = new VarintReader(bytes);
        FileIndex = (int)input.Read(ushort.MaxValue);
        _count = (int)input.Read(MaxMessages);
        var messages = _messages.AsSpan(0, _count);
        var (time, row) = (0L, 0L);
        foreach (ref var message in messages)
            message.TimestampNs = time = unchecked(time + input.ReadSigned());
        foreach (ref var message in messages)
            message.PublishedNs = unchecked(message.TimestampNs + input.ReadSigned());
        foreach (ref var message in messages)
            message.TopicId = (ushort)input.Read(ushort.MaxValue);
        foreach (ref var message in messages)
            message.Size = (int)input.Read(int.MaxValue);
        foreach (ref var message in messages)
        {
            message.RowId = unchecked(row + input.ReadSigned());
            row = unchecked(message.RowId + 1);
        }
    }
}

/// <summary>A message in an index.</summary>
internal struct IndexedMessage
{
    public long TimestampNs;

    /// <summary>When it was published; <see cref="TimestampNs"/> if that is not known.</summary>
    public long PublishedNs;

    public ushort TopicId;

    /// <summary>Bytes, decompressed.</summary>
    public int Size;

    public long RowId;
}
