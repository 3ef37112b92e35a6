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
    private readonly int[] _byTime;
    private readonly TopicMap _topics;
    private readonly long _fromNs;
    private readonly long _toNs;
    private readonly PriorityQueue<Source, (long TimestampNs, long RowId)> _others = new();
    private readonly Stack<LoadedSegment> _free = new();
    private Source? _current;
    private SegmentMessage _message;
    private int _topicId;
    private long _nextOtherNs;
    private int _next;
    private long _bytesInUse;

    /// <param name="reader">Reads the segments; disposed with this object.</param>
    /// <param name="byTime">The places of the segments, ordered by their first timestamp.</param>
    /// <param name="topics">The topics to deliver.</param>
    /// <param name="fromNs">First timestamp.</param>
    /// <param name="toNs">Last timestamp.</param>
    public McapMessagesByTime(SegmentReader reader, int[] byTime, TopicMap topics, long fromNs, long toNs)
    {
        (_reader, _byTime, _topics, _fromNs, _toNs) = (reader, byTime, topics, fromNs, toNs);
    }

    public int TopicId => _topicId;

    public long TimestampNs => _message.TimestampNs;

    public long PublishedNs => _current!.Loaded.PublishedNsOf(_message);

    public uint Sequence => _current!.Loaded.SequenceOf(_message);

    public long RowId => _current!.RowId;

    public ReadOnlySpan<byte> Data => _current!.Loaded.DataOf(_message);

    public bool MoveNext()
    {
        if (_current is { } source)
        {
            if (MoveToSelected(source))
            {
                // Nearly always: all else comes later.
                if (source.TimestampNs < _nextOtherNs)
                {
                    Show(source);
                    return true;
                }
            }
            else
            {
                Release(source);
                _current = null;
            }
        }

        return MoveToEarliest();
    }

    public void Dispose() => _reader.Dispose();

    private bool MoveToEarliest()
    {
        TakeEarliest();
        while (_next < _byTime.Length && (_current is null || FirstOfNext <= _current.TimestampNs))
        {
            ActivateNext();
            TakeEarliest();
        }

        if (_current is null)
            return false;
        _nextOtherNs = _next < _byTime.Length ? FirstOfNext : long.MaxValue;
        if (_others.TryPeek(out _, out var key))
            _nextOtherNs = Math.Min(_nextOtherNs, key.TimestampNs);
        Show(_current);
        return true;
    }

    private long FirstOfNext => _reader.Segments[_byTime[_next]].FirstNs;

    private void Show(Source source)
    {
        _message = source.Message;
        _topicId = source.TopicId;
    }

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
        var segment = _reader.Segments[index];
        if (segment.LastNs < _fromNs || segment.FirstNs > _toNs)
            return;
        if (_others.Count > 0 && _bytesInUse + segment.Bytes > MaxOverlapBytes)
        {
            throw new BagFormatException(BagError.TooLarge,
                $"{_reader.FileName} has chunks of more than {MaxOverlapBytes} bytes that overlap in time. Sort it with 'mcap sort'.", _reader.FileName);
        }

        var loaded = _free.TryPop(out var free) ? free : new LoadedSegment();
        _reader.ReadMessages(index, loaded);
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
            if (message.TimestampNs < _fromNs || message.TimestampNs > _toNs)
                continue;
            source.TopicId = _topics[message.ChannelId];
            if (source.TopicId >= 0)
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
        private readonly SegmentMessage[] _messages = loaded.MessageArray;
        private readonly int _count = loaded.MessageCount;
        private int _index = -1;

        public LoadedSegment Loaded => loaded;

        /// <summary>The topic of the current message.</summary>
        public int TopicId { get; set; }

        public ref readonly SegmentMessage Message => ref _messages[_index];

        public long TimestampNs => _messages[_index].TimestampNs;

        public long RowId => McapSegment.RowId(segment, places.Length == 0 ? _index : places[_index]);

        public (long TimestampNs, long RowId) Key => (TimestampNs, RowId);

        public bool MoveNext() => ++_index < _count;
    }
}
