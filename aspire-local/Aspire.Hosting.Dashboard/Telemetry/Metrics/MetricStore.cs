using System.Text;

namespace Aspire.Hosting.Dashboard.Telemetry.Metrics;

/// <summary>
/// Keeps the newest points of every series within <see cref="TelemetryLimits"/>: a series loses its oldest points, and
/// when there are too many series the one that was silent longest goes.
/// </summary>
internal sealed class MetricStore(TelemetryLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InstrumentKey, Instrument> _instruments = [];
    private int _points;
    private int _series;
    private long _version;

    /// <summary>Rises with every change, so that a view can tell whether it is out of date.</summary>
    public long Version => Volatile.Read(ref _version);
    public int PointCount => Volatile.Read(ref _points);
    public int SeriesCount => Volatile.Read(ref _series);

    public void Add(IReadOnlyList<MetricSample> samples)
    {
        lock (_gate)
        {
            foreach (var sample in samples)
            {
                sample.Key.Source.HasMetrics = true;
                var series = SeriesOf(sample);
                _points += series.Add(sample.Point, sample.Info.IsDelta, limits.MaxPointsPerSeries);
                series.AddExemplars(sample.Exemplars);
            }

            if (_points > limits.MaxMetricsCount)
                ThinOut();
            _version++;
        }
    }

    public InstrumentSummary[] Instruments()
    {
        lock (_gate)
        {
            return
            [
                .. _instruments.Values
                    .Select(instrument => new InstrumentSummary(
                        instrument.Key, instrument.Info, instrument.Series.Count, instrument.Series.Values.Sum(series => series.Count)))
                    .OrderBy(summary => summary.Key.Meter, StringComparer.OrdinalIgnoreCase)
                    .ThenBy(summary => summary.Key.Name, StringComparer.OrdinalIgnoreCase),
            ];
        }
    }

    /// <summary>The instruments that match with all their series.</summary>
    public InstrumentSnapshot[] Find(Func<InstrumentKey, bool> predicate)
    {
        lock (_gate)
        {
            return
            [
                .. _instruments.Values.Where(instrument => predicate(instrument.Key)).Select(instrument => new InstrumentSnapshot(
                    instrument.Key, instrument.Info, [.. instrument.Series.Values.Select(series => series.Snapshot())])),
            ];
        }
    }

    /// <summary>Forgets all metrics, or those of <paramref name="service"/>.</summary>
    public void Clear(string? service = null)
    {
        lock (_gate)
        {
            foreach (var instrument in _instruments.Values.Where(instrument => service is null || instrument.Key.Source.Matches(service)).ToArray())
            {
                _instruments.Remove(instrument.Key);
                _series -= instrument.Series.Count;
                _points -= instrument.Series.Values.Sum(series => series.Count);
            }

            _version++;
        }
    }

    private MetricSeries SeriesOf(MetricSample sample)
    {
        if (!_instruments.TryGetValue(sample.Key, out var instrument))
            _instruments[sample.Key] = instrument = new Instrument(sample.Key, sample.Info);
        else if (instrument.Info != sample.Info)
            instrument.Info = sample.Info;

        var identity = IdentityOf(sample.Dimensions);
        if (instrument.Series.TryGetValue(identity, out var series))
            return series;
        if (_series >= limits.MaxMetricSeriesCount)
            RemoveMostSilentSeries();
        _series++;
        return instrument.Series[identity] = new MetricSeries(sample.Dimensions);
    }

    /// <summary>The same dimension values in another order are the same series.</summary>
    private static string IdentityOf(TelemetryAttribute[] dimensions)
    {
        if (dimensions.Length == 0)
            return "";
        Array.Sort(dimensions, (left, right) => string.CompareOrdinal(left.Key, right.Key));
        var identity = new StringBuilder();
        foreach (var dimension in dimensions)
            identity.Append(dimension.Key).Append('\u0001').Append(dimension.Value).Append('\u0002');
        return identity.ToString();
    }

    /// <summary>Drops the tenth of the series that was silent longest: one scan for many removals, so that a flood of new series stays cheap.</summary>
    private void RemoveMostSilentSeries()
    {
        var victims = _instruments.Values
            .SelectMany(instrument => instrument.Series.Select(series => (instrument, series.Key, series.Value)))
            .OrderBy(entry => entry.Value.LastTimeUnixNano)
            .Take(Math.Max(1, limits.MaxMetricSeriesCount / 10))
            .ToArray();
        foreach (var (instrument, identity, series) in victims)
        {
            instrument.Series.Remove(identity);
            _points -= series.Count;
            _series--;
            if (instrument.Series.Count == 0)
                _instruments.Remove(instrument.Key);
        }
    }

    /// <summary>Takes the oldest tenth (at least one, but never the newest) of every series.</summary>
    private void ThinOut()
    {
        foreach (var series in _instruments.Values.SelectMany(instrument => instrument.Series.Values))
        {
            if (series.Count > 1)
                _points -= series.DropOldest(Math.Max(1, series.Count / 10));
        }
    }

    private sealed class Instrument(InstrumentKey key, InstrumentInfo info)
    {
        public InstrumentKey Key { get; } = key;
        public InstrumentInfo Info { get; set; } = info;
        public Dictionary<string, MetricSeries> Series { get; } = new(StringComparer.Ordinal);
    }
}
