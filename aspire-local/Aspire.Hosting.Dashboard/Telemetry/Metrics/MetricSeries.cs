namespace Aspire.Hosting.Dashboard.Telemetry.Metrics;

/// <summary>The points of one instrument for one set of dimension values. Not thread-safe: <see cref="MetricStore"/> guards it.</summary>
internal sealed class MetricSeries(TelemetryAttribute[] dimensions)
{
    private const int MaxExemplars = 64;
    private readonly Queue<MetricExemplar> _exemplars = new();
    private MetricPoint[] _points = new MetricPoint[4];
    private int _first;

    public TelemetryAttribute[] Dimensions { get; } = dimensions;
    public int Count { get; private set; }
    public ulong LastTimeUnixNano => Count == 0 ? 0 : Last.TimeUnixNano;
    private ref MetricPoint Last => ref _points[(_first + Count - 1) % _points.Length];

    /// <summary>Adds a point and returns by how many the number of kept points rose (0 when it only prolongs the last one).</summary>
    public int Add(MetricPoint point, bool isDelta, int maxPoints)
    {
        if (Count > 0)
        {
            if (point.TimeUnixNano <= Last.TimeUnixNano)
                return 0;
            if (!isDelta && point.SameValueAs(Last))
            {
                Last = Last with { TimeUnixNano = point.TimeUnixNano };
                return 0;
            }
        }

        var dropped = 0;
        if (Count >= maxPoints)
        {
            DropOldest(1);
            dropped = 1;
        }

        if (Count == _points.Length)
            Grow(Math.Min(Math.Max(maxPoints, Count + 1), Count * 2));
        Count++;
        Last = point;
        return 1 - dropped;
    }

    public void AddExemplars(MetricExemplar[] exemplars)
    {
        foreach (var exemplar in exemplars)
        {
            if (_exemplars.Any(known => known.TimeUnixNano == exemplar.TimeUnixNano && known.SpanId == exemplar.SpanId))
                continue;
            if (_exemplars.Count == MaxExemplars)
                _exemplars.Dequeue();
            _exemplars.Enqueue(exemplar);
        }
    }

    public int DropOldest(int count)
    {
        count = Math.Min(count, Count);
        for (var i = 0; i < count; i++)
            _points[(_first + i) % _points.Length] = default;
        _first = (_first + count) % _points.Length;
        Count -= count;
        return count;
    }

    public SeriesSnapshot Snapshot()
    {
        var points = new MetricPoint[Count];
        for (var i = 0; i < Count; i++)
            points[i] = _points[(_first + i) % _points.Length];
        return new SeriesSnapshot(Dimensions, points, [.. _exemplars]);
    }

    private void Grow(int capacity)
    {
        var larger = new MetricPoint[capacity];
        for (var i = 0; i < Count; i++)
            larger[i] = _points[(_first + i) % _points.Length];
        _points = larger;
        _first = 0;
    }
}

/// <summary>A copy of a series that the caller owns; points are in the order of time.</summary>
internal sealed record SeriesSnapshot(TelemetryAttribute[] Dimensions, MetricPoint[] Points, MetricExemplar[] Exemplars);

/// <summary>A copy of an instrument with its series.</summary>
internal sealed record InstrumentSnapshot(InstrumentKey Key, InstrumentInfo Info, SeriesSnapshot[] Series);

/// <summary>An instrument as a row of the list.</summary>
internal sealed record InstrumentSummary(InstrumentKey Key, InstrumentInfo Info, int Series, int Points);
