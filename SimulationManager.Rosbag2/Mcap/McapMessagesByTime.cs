using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// The messages of one file in the order (timestamp, row id). A segment is read when its first message is due and given back
/// after its last; segments that overlap in time are merged. Moving on does not allocate, except to sort a segment that is
/// not in order.
/// </summary>
internal sealed class McapMessagesByTime : MessagesByTime
{
    /// <summary>For segments that overlap in time, which are in memory together.</summary>
    private const long MaxOverlapBytes = 256L * 1024 * 1024;

    private readonly SegmentReader _reader;
    private readonly int[] _byTime;
    private readonly TopicMap _topics;
    private readonly long _fromNs;
    private readonly long _toNs;
    private readonly PriorityQueue<SegmentByTime, (long TimestampNs, long RowId)> _others = new();
    private readonly Stack<SegmentByTime> _free = new();
    private SegmentByTime? _current;
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

    public override long PublishedNs => _current!.PublishedNs;

    public override uint Sequence => _current!.Sequence;

    public override ReadOnlySpan<byte> Data => _current!.Data;

    public override bool MoveNext()
    {
        if (_current is { } source)
        {
            if (source.MoveNext())
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

    public override void Dispose() => _reader.Dispose();

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

    private void Show(SegmentByTime source)
    {
        TopicId = source.TopicId;
        TimestampNs = source.TimestampNs;
        RowId = source.RowId;
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

        var source = _free.TryPop(out var free) ? free : new SegmentByTime(_reader, _topics, _fromNs, _toNs);
        source.Read(index);
        if (!source.MoveNext())
        {
            _free.Push(source);
            return;
        }

        _bytesInUse += source.MemoryBytes;
        _others.Enqueue(source, source.Key);
    }

    private void Release(SegmentByTime source)
    {
        _bytesInUse -= source.MemoryBytes;
        // One to use again is enough: after an overlap, the others are for the collector.
        if (_free.Count == 0)
            _free.Push(source);
    }
}
