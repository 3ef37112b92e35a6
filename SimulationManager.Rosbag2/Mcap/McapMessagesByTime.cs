using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// The messages of one file in the order (timestamp, row id). A segment is read when its first message is due and given back
/// after its last; segments that overlap in time are merged. Moving on does not allocate, except to sort a segment that is
/// not in order.
/// </summary>
internal sealed class McapMessagesByTime : IMessagesByTime
{
    /// <summary>For segments that overlap in time, which are in memory together.</summary>
    private const long MaxOverlapBytes = 256L * 1024 * 1024;

    private readonly SegmentReader _reader;
    private readonly IReadOnlyList<McapSegment> _segments;
    private readonly int[] _byTime;
    private readonly TopicMap _topics;
    private readonly long _fromNs;
    private readonly long _toNs;
    private readonly PriorityQueue<Source, (long TimestampNs, long RowId)> _others = new();
    private readonly Stack<LoadedSegment> _free = new();
    private Source? _current;
    private int _next;
    private long _bytesInUse;

    /// <param name="reader">Reads the segments; disposed with this object.</param>
    /// <param name="segments">All segments of the file.</param>
    /// <param name="byTime">The places of the segments, ordered by their first timestamp.</param>
    /// <param name="topics">The topics to deliver.</param>
    /// <param name="fromNs">First timestamp.</param>
    /// <param name="toNs">Last timestamp.</param>
    public McapMessagesByTime(SegmentReader reader, IReadOnlyList<McapSegment> segments, int[] byTime, TopicMap topics, long fromNs, long toNs)
    {
        (_reader, _segments, _byTime, _topics, _fromNs, _toNs) = (reader, segments, byTime, topics, fromNs, toNs);
    }

    public int TopicId => _topics[_current!.Message.ChannelId];

    public long TimestampNs => _current!.Message.TimestampNs;

    public long PublishedNs => _current!.Loaded.PublishedNsOf(_current.Message);

    public uint Sequence => _current!.Loaded.SequenceOf(_current.Message);

    public long RowId => _current!.RowId;

    public ReadOnlySpan<byte> Data => _current!.Loaded.DataOf(_current.Message);

    public bool MoveNext()
    {
        if (_current is { } source && !MoveToSelected(source))
        {
            Release(source);
            _current = null;
        }

        TakeEarliest();
        while (_next < _byTime.Length && (_current is null || _segments[_byTime[_next]].FirstNs <= _current.Message.TimestampNs))
        {
            ActivateNext();
            TakeEarliest();
        }

        return _current is not null;
    }

    public void Dispose() => _reader.Dispose();

    /// <summary>Makes the source with the earliest message current.</summary>
    private void TakeEarliest()
    {
        if (_others.Count == 0)
            return;
        if (_current is null)
            _current = _others.Dequeue();
        else if (_others.TryPeek(out _, out var key) && key.CompareTo(_current.Key) < 0)
            _current = _others.DequeueEnqueue(_current, _current.Key);
    }

    private void ActivateNext()
    {
        var index = _byTime[_next++];
        var segment = _segments[index];
        if (segment.LastNs < _fromNs || segment.FirstNs > _toNs)
            return;
        if (_others.Count > 0 && _bytesInUse + segment.Bytes > MaxOverlapBytes)
        {
            throw new BagFormatException(BagError.TooLarge,
                $"{_reader.FileName} has chunks of more than {MaxOverlapBytes} bytes that overlap in time. Sort it with 'mcap sort'.", _reader.FileName);
        }

        var loaded = _free.TryPop(out var free) ? free : new LoadedSegment();
        _reader.ReadMessages(segment, loaded);
        var source = new Source(index, loaded, loaded.SortByTime());
        CheckTimes(segment, loaded);
        if (!MoveToSelected(source))
        {
            _free.Push(loaded);
            return;
        }

        _bytesInUse += loaded.MemoryBytes;
        _others.Enqueue(source, source.Key);
    }

    private void Release(Source source)
    {
        _bytesInUse -= source.Loaded.MemoryBytes;
        // One to use again is enough: after an overlap, the others are for the collector.
        if (_free.Count == 0)
            _free.Push(source.Loaded);
    }

    private bool MoveToSelected(Source source)
    {
        while (source.MoveNext())
        {
            ref readonly var message = ref source.Message;
            if (message.TimestampNs >= _fromNs && message.TimestampNs <= _toNs && _topics[message.ChannelId] >= 0)
                return true;
        }

        return false;
    }

    /// <summary>The order depends on the times that chunks claim, so a chunk that tells others is an error and not a wrong order.</summary>
    private void CheckTimes(in McapSegment segment, LoadedSegment loaded)
    {
        var messages = loaded.Messages;
        if (!messages.IsEmpty && (messages[0].TimestampNs < segment.FirstNs || messages[^1].TimestampNs > segment.LastNs))
        {
            throw segment.OtherTimes(_reader.FileName);
        }
    }

    private sealed class Source(int segment, LoadedSegment loaded, int[] places)
    {
        private int _index = -1;

        public LoadedSegment Loaded => loaded;

        public ref readonly SegmentMessage Message => ref loaded.Messages[_index];

        public long RowId => McapSegment.RowId(segment, places.Length == 0 ? _index : places[_index]);

        public (long TimestampNs, long RowId) Key => (Message.TimestampNs, RowId);

        public bool MoveNext() => ++_index < loaded.MessageCount;
    }
}
