namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// The segments of a bag's files that were read last, for all threads: agents that play one recording are seldom far apart. One
/// that is in use stays; the memory of one that is pushed out is used for the next.
/// </summary>
internal sealed class SegmentCache(long capacityBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SegmentKey, LinkedListNode<Entry>> _bySegment = [];
    private readonly LinkedList<Entry> _newestFirst = new();
    private LoadedSegment? _free;
    private long _bytes;

    /// <summary>The segment, to be released, or null if it is not here.</summary>
    public LoadedSegment? Find(SegmentKey segment)
    {
        lock (_lock)
        {
            return _bySegment.TryGetValue(segment, out var node) ? Use(node) : null;
        }
    }

    /// <summary>Memory to read a segment into, which then is to be kept.</summary>
    public LoadedSegment Rent() => Interlocked.Exchange(ref _free, null) ?? new LoadedSegment();

    /// <summary>Takes a segment that was read, and returns it, to be released, or the same one that another thread has read meanwhile.</summary>
    public LoadedSegment Keep(SegmentKey segment, LoadedSegment loaded)
    {
        lock (_lock)
        {
            if (_bySegment.TryGetValue(segment, out var node))
                return Use(node);
            _bySegment.Add(segment, _newestFirst.AddFirst(new Entry(segment, loaded) { Users = 1 }));
            _bytes += loaded.MemoryBytes;
            MakeRoom();
            return loaded;
        }
    }

    public void Release(SegmentKey segment)
    {
        lock (_lock)
        {
            _bySegment[segment].Value.Users--;
            MakeRoom();
        }
    }

    private LoadedSegment Use(LinkedListNode<Entry> node)
    {
        node.Value.Users++;
        _newestFirst.Remove(node);
        _newestFirst.AddFirst(node);
        return node.Value.Loaded;
    }

    private void MakeRoom()
    {
        for (var node = _newestFirst.Last; node is not null && _bytes > capacityBytes;)
        {
            var (entry, newer) = (node.Value, node.Previous);
            if (entry.Users == 0)
            {
                _newestFirst.Remove(node);
                _bySegment.Remove(entry.Segment);
                _bytes -= entry.Loaded.MemoryBytes;
                _free = entry.Loaded;
            }

            node = newer;
        }
    }

    private sealed class Entry(SegmentKey segment, LoadedSegment loaded)
    {
        public SegmentKey Segment => segment;

        public LoadedSegment Loaded => loaded;

        public int Users { get; set; }
    }
}

/// <summary>A segment of a bag.</summary>
/// <param name="File">Its file.</param>
/// <param name="Index">Its place there.</param>
internal readonly record struct SegmentKey(McapStorage File, int Index);
