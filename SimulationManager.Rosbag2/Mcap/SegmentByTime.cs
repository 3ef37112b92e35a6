using System.Runtime.CompilerServices;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// The selected messages of one segment in the order of their times. Where they are stored in that order, as nearly always,
/// their records are walked; only other segments need a table of their messages, to sort it. Used again for the next segment.
/// </summary>
/// <param name="reader">Reads segments.</param>
/// <param name="topics">The topics to deliver.</param>
/// <param name="fromNs">First timestamp.</param>
/// <param name="toNs">Last timestamp.</param>
internal sealed class SegmentByTime(SegmentReader reader, TopicMap topics, long fromNs, long toNs)
{
    private readonly LoadedSegment _loaded = new();
    private SegmentWalk _walk;
    private byte[] _records = [];
    private int _length;
    private int[]? _places;
    private long _firstRowId;
    private SegmentMessage _message;
    private int _position;
    private int _index;

    public long MemoryBytes => _loaded.MemoryBytes;

    public int TopicId { get; private set; }

    public long TimestampNs => _message.TimestampNs;

    public long RowId => _firstRowId + (_places is null ? _index : _places[_index]);

    public (long TimestampNs, long RowId) Key => (TimestampNs, RowId);

    public ReadOnlySpan<byte> Data => _records.AsSpan(_message.Offset, _message.Size);

    public long PublishedNs => _loaded.PublishedNsOf(_message);

    public uint Sequence => _loaded.SequenceOf(_message);

    /// <summary>Reads a segment; <see cref="MoveNext"/> moves to its first message.</summary>
    /// <exception cref="BagFormatException">The segment is damaged, or claims other times than its messages have.</exception>
    public void Read(int segment)
    {
        _places = reader.ReadByTime(segment, _loaded);
        _walk = reader.Walk(segment);
        (_records, _length) = (_loaded.RecordArray, _loaded.Records.Length);
        _firstRowId = McapSegment.RowId(segment, 0);
        (_position, _index) = (0, -1);
    }

    /// <exception cref="BagFormatException">The segment is not what it was when it was read first.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        // Straight into the field: copying a whole message right after its parts were stored stalls the processor for longer
        // than all the rest takes.
        while (_places is null ? _walk.MoveToMessage(_records.AsSpan(0, _length), ref _position, out _message) : MoveInTable())
        {
            _index++;
            if (_message.TimestampNs < fromNs || _message.TimestampNs > toNs)
                continue;
            TopicId = topics[_message.ChannelId];
            if (TopicId >= 0)
                return true;
        }

        return false;
    }

    private bool MoveInTable()
    {
        var messages = _loaded.Messages;
        if (_index + 1 == messages.Length)
            return false;
        _message = messages[_index + 1];
        return true;
    }
}
