using System.Runtime.InteropServices;

namespace SimulationManager.Rosbag2;

/// <summary>
/// The growing arrays of a <see cref="BagTimeline"/>: one per field, so that a scan over times touches times only. Where a
/// message lies is not kept per message: files and rows arrive in order, so a table of runs of consecutive rows says it, and
/// sorting by time adds only how far each message moved.
/// </summary>
internal sealed class TimelineColumns
{
    private const int FirstCapacity = 1024;

    // Per run of consecutive row ids of one file: the first place, as stored, and what lies there.
    private readonly List<int> _runPlaces = [];
    private readonly List<(int FileIndex, long RowId)> _runSources = [];
    private bool _sorted = true;
    private long _nextRowId;
    private short[]? _moved;
    private int[]? _places;

    public int Count { get; private set; }

    public long[] TimestampsNs { get; private set; } = new long[FirstCapacity];

    public int[] Sizes { get; private set; } = new int[FirstCapacity];

    public ushort[] TopicIds { get; private set; } = new ushort[FirstCapacity];

    public int LargestSize { get; private set; }

    public long TotalSize { get; private set; }

    /// <summary>Bytes that the columns take.</summary>
    public long Bytes =>
        (TimestampsNs.LongLength * sizeof(long)) + (Sizes.LongLength * sizeof(int)) + (TopicIds.LongLength * sizeof(ushort))
        + ((_moved?.LongLength ?? 0) * sizeof(short)) + ((_places?.LongLength ?? 0) * sizeof(int)) + (_runPlaces.Count * 20L);

    public void Add(long timestampNs, ushort topicId, ushort fileIndex, long rowId, int size)
    {
        if (Count == TimestampsNs.Length)
            Resize(Count <= Array.MaxLength / 2 ? Count * 2 : Count < Array.MaxLength ? Array.MaxLength : throw TooMany());
        if (_runSources.Count == 0 || rowId != _nextRowId || fileIndex != _runSources[^1].FileIndex)
        {
            _runPlaces.Add(Count);
            _runSources.Add((fileIndex, rowId));
        }

        _nextRowId = rowId + 1;
        // Files and rows arrive in order, so only the time can break the order (time, file, row).
        _sorted &= Count == 0 || timestampNs >= TimestampsNs[Count - 1];
        TimestampsNs[Count] = timestampNs;
        Sizes[Count] = size;
        TopicIds[Count] = topicId;
        LargestSize = Math.Max(LargestSize, size);
        TotalSize += size;
        Count++;
    }

    /// <summary>The file and row of the message at a place in the order of time.</summary>
    public (int FileIndex, long RowId) SourceOf(int index)
    {
        var place = _moved is not null ? index + _moved[index] : _places is not null ? _places[index] : index;
        var run = CollectionsMarshal.AsSpan(_runPlaces).BinarySearch(place);
        run = run >= 0 ? run : ~run - 1;
        var (fileIndex, rowId) = _runSources[run];
        return (fileIndex, rowId + (place - _runPlaces[run]));
    }

    public void SortByTime()
    {
        Resize(Count);
        if (_sorted)
            return;
        var places = new int[Count];
        for (var i = 0; i < places.Length; i++)
            places[i] = i;
        Array.Sort(TimestampsNs, places);
        SortTies(places);
        Sizes = Array.ConvertAll(places, place => Sizes[place]);
        TopicIds = Array.ConvertAll(places, place => TopicIds[place]);
        KeepPlaces(places);
        _sorted = true;
    }

    /// <summary>By time, then by place: what came first (file, row) stays first, which a sort of two arrays does not promise.</summary>
    private void SortTies(int[] places)
    {
        for (var first = 0; first < places.Length;)
        {
            var end = first + 1;
            while (end < places.Length && TimestampsNs[end] == TimestampsNs[first])
                end++;
            if (end - first > 1)
                places.AsSpan(first, end - first).Sort();
            first = end;
        }
    }

    /// <summary>Recordings are nearly in order: two bytes say how far a message moved, and only others need four.</summary>
    private void KeepPlaces(int[] places)
    {
        var moved = new short[places.Length];
        for (var index = 0; index < places.Length; index++)
        {
            var distance = places[index] - index;
            if (distance is < short.MinValue or > short.MaxValue)
            {
                _places = places;
                return;
            }

            moved[index] = (short)distance;
        }

        _moved = moved;
    }

    private void Resize(int capacity)
    {
        TimestampsNs = Resized(TimestampsNs, capacity);
        Sizes = Resized(Sizes, capacity);
        TopicIds = Resized(TopicIds, capacity);
    }

    private static T[] Resized<T>(T[] values, int capacity)
    {
        Array.Resize(ref values, capacity);
        return values;
    }

    private static BagFormatException TooMany() => new(BagError.TooLarge, $"The bag has more than {Array.MaxLength} messages.");
}
