using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Where a message lies in a loaded segment.</summary>
internal struct SegmentMessage
{
    public long TimestampNs;
    public int Offset;
    public int Size;
    public ushort ChannelId;
}

/// <summary>The decompressed records of a segment and where its messages are. Its arrays grow and are used again.</summary>
internal sealed class LoadedSegment
{
    private byte[] _records = [];
    private SegmentMessage[] _messages = [];
    private int _length;

    public int MessageCount { get; private set; }

    /// <summary>What <see cref="Records"/> is a part of, until the next segment is loaded.</summary>
    public byte[] RecordArray => _records;

    public ReadOnlySpan<byte> Records => _records.AsSpan(0, _length);

    public ReadOnlySpan<SegmentMessage> Messages => _messages.AsSpan(0, MessageCount);

    /// <summary>Memory that it takes, bytes.</summary>
    public long MemoryBytes => _records.LongLength + (_messages.LongLength * Unsafe.SizeOf<SegmentMessage>());

    /// <summary>Room for the records of another segment, whose messages are then to be found.</summary>
    public Span<byte> Begin(int bytes)
    {
        MessageCount = 0;
        _length = bytes;
        if (_records.Length < bytes)
            _records = GC.AllocateUninitializedArray<byte>(bytes);
        return _records.AsSpan(0, bytes);
    }

    /// <summary>A segment that is cut may have become shorter than it says.</summary>
    public void Shorten(int bytes) => _length = bytes;

    public ReadOnlySpan<byte> DataOf(in SegmentMessage message) => _records.AsSpan(message.Offset, message.Size);

    public long PublishedNsOf(in SegmentMessage message) =>
        BinaryPrimitives.ReadInt64LittleEndian(_records.AsSpan(message.Offset - sizeof(long)));

    public uint SequenceOf(in SegmentMessage message) =>
        BinaryPrimitives.ReadUInt32LittleEndian(_records.AsSpan(message.Offset - McapFormat.MessageHeadBytes + sizeof(ushort)));

    /// <summary>Finds the messages, in the order in which they are stored.</summary>
    /// <exception cref="BagFormatException">The records are damaged.</exception>
    public void FindMessages(in McapSegment segment, string file, int maxMessageBytes)
    {
        var walk = new SegmentWalk(segment, file, maxMessageBytes);
        var records = Records;
        var (position, count) = (0, 0);
        while (walk.MoveToMessage(records, ref position, out var message))
        {
            if (count == _messages.Length)
                Array.Resize(ref _messages, Math.Max(64, count * 2));
            _messages[count++] = message;
        }

        MessageCount = count;
    }

    /// <summary>Sorts the messages by time; equal times stay in the order in which they are stored.</summary>
    /// <returns>For each message its place as stored.</returns>
    public int[] SortByTime()
    {
        var messages = _messages.AsSpan(0, MessageCount);
        var places = new int[messages.Length];
        for (var i = 0; i < places.Length; i++)
            places[i] = i;
        messages.Sort(places.AsSpan(), static (a, b) => a.TimestampNs != b.TimestampNs ? a.TimestampNs.CompareTo(b.TimestampNs) : a.Offset.CompareTo(b.Offset));
        return places;
    }
}
