namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// The segments of a file that were read last, for all threads: agents that play one recording are seldom far apart. One
/// that is pushed out lives on where it is in use.
/// </summary>
internal sealed class SegmentCache(long capacityBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, LinkedListNode<(int Segment, LoadedSegment Loaded)>> _bySegment = [];
    private readonly LinkedList<(int Segment, LoadedSegment Loaded)> _newestFirst = new();
    private long _bytes;

    public LoadedSegment? Find(int segment)
    {
        lock (_lock)
        {
            if (!_bySegment.TryGetValue(segment, out var node))
                return null;
            _newestFirst.Remove(node);
            _newestFirst.AddFirst(node);
            return node.Value.Loaded;
        }
    }

    public void Keep(int segment, LoadedSegment loaded)
    {
        lock (_lock)
        {
            if (_bySegment.ContainsKey(segment))
                return; // Two threads read it at once.
            _bySegment.Add(segment, _newestFirst.AddFirst((segment, loaded)));
            _bytes += loaded.MemoryBytes;
            while (_bytes > capacityBytes && _newestFirst.Last is { } oldest)
            {
                _newestFirst.RemoveLast();
                _bySegment.Remove(oldest.Value.Segment);
                _bytes -= oldest.Value.Loaded.MemoryBytes;
            }
        }
    }
}
