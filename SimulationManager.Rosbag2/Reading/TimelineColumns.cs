namespace SimulationManager.Rosbag2;

/// <summary>The growing arrays of a <see cref="BagTimeline"/>: one per field, so that a scan over times touches times only.</summary>
internal sealed class TimelineColumns
{
    private const int FirstCapacity = 1024;

    private bool _sorted = true;

    public int Count { get; private set; }

    public long[] TimestampsNs { get; private set; } = new long[FirstCapacity];

    public long[] RowIds { get; private set; } = new long[FirstCapacity];

    public int[] Sizes { get; private set; } = new int[FirstCapacity];

    public ushort[] TopicIds { get; private set; } = new ushort[FirstCapacity];

    public ushort[] FileIndexes { get; private set; } = new ushort[FirstCapacity];

    public void Add(long timestampNs, ushort topicId, ushort fileIndex, long rowId, int size)
    {
        if (Count == TimestampsNs.Length)
            Resize(Count <= Array.MaxLength / 2 ? Count * 2 : Count < Array.MaxLength ? Array.MaxLength : throw TooMany());
        // Files and rows arrive in order, so only the time can break the order (time, file, row).
        _sorted &= Count == 0 || timestampNs >= TimestampsNs[Count - 1];
        TimestampsNs[Count] = timestampNs;
        RowIds[Count] = rowId;
        Sizes[Count] = size;
        TopicIds[Count] = topicId;
        FileIndexes[Count] = fileIndex;
        Count++;
    }

    public void SortByTime()
    {
        if (!_sorted)
        {
            // By time, then by place: what came first (file, row) stays first.
            var order = new int[Count];
            for (var i = 0; i < Count; i++)
                order[i] = i;
            var times = TimestampsNs;
            Array.Sort(order, (a, b) => times[a] != times[b] ? times[a].CompareTo(times[b]) : a.CompareTo(b));
            TimestampsNs = Permute(TimestampsNs, order);
            RowIds = Permute(RowIds, order);
            Sizes = Permute(Sizes, order);
            TopicIds = Permute(TopicIds, order);
            FileIndexes = Permute(FileIndexes, order);
            _sorted = true;
        }

        Resize(Count);
    }

    private static T[] Permute<T>(T[] values, int[] order) => Array.ConvertAll(order, index => values[index]);

    private void Resize(int capacity)
    {
        TimestampsNs = Resized(TimestampsNs, capacity);
        RowIds = Resized(RowIds, capacity);
        Sizes = Resized(Sizes, capacity);
        TopicIds = Resized(TopicIds, capacity);
        FileIndexes = Resized(FileIndexes, capacity);
    }

    private static T[] Resized<T>(T[] values, int capacity)
    {
        Array.Resize(ref values, capacity);
        return values;
    }

    private static BagFormatException TooMany() => new(BagError.TooLarge, $"The bag has more than {Array.MaxLength} messages.");
}
