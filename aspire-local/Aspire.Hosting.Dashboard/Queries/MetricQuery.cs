using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Metrics;

namespace Aspire.Hosting.Dashboard.Queries;

/// <summary>A line of a chart; a gap in the data is a null.</summary>
internal sealed record ChartLine(string Name, double?[] Values);

/// <summary>Lines over common times.</summary>
internal sealed record MetricChart(DateTimeOffset[] Times, ChartLine[] Lines, string Unit, MetricExemplar[] Exemplars);

/// <summary>What to draw of an instrument.</summary>
internal sealed record MetricQuery
{
    public const int MaxLines = 10;

    public required DateTimeOffset Until { get; init; }
    public required TimeSpan Window { get; init; }
    /// <summary>Wanted values by dimension; a dimension that is not named takes all.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>> Dimensions { get; init; } = new Dictionary<string, IReadOnlySet<string>>();
    /// <summary>One line per series instead of their total.</summary>
    public bool Split { get; init; }
    /// <summary>Counters as their running total instead of per second; histograms as measurements per second instead of percentiles.</summary>
    public bool Alternative { get; init; }
    public int Columns { get; init; } = 60;

    public bool Includes(SeriesSnapshot series)
    {
        foreach (var (key, wanted) in Dimensions)
        {
            if (!wanted.Contains(series.Dimensions.Find(key) ?? ""))
                return false;
        }

        return true;
    }

    public MetricChart Run(InstrumentSnapshot instrument)
    {
        var step = Window / Columns;
        var from = Until - Window;
        DateTimeOffset[] times = [.. Enumerable.Range(1, Columns).Select(column => from + (step * column))];
        var series = instrument.Series.Where(Includes).ToArray();
        var lines = instrument.Info.Kind == InstrumentKind.Histogram
            ? HistogramLines(instrument, series, from, times)
            : ScalarLines(instrument, series, from, times);
        var isRate = instrument.Info.Kind is InstrumentKind.Counter && !Alternative || (instrument.Info.Kind is InstrumentKind.Histogram && Alternative);
        var unit = instrument.Info.Kind is InstrumentKind.Histogram && Alternative ? "" : instrument.Info.Unit.Trim('{', '}');
        MetricExemplar[] exemplars = [.. series.SelectMany(one => one.Exemplars).Where(one => UnixTime.ToTime(one.TimeUnixNano) >= from).OrderByDescending(one => one.TimeUnixNano).Take(50)];
        return new MetricChart(times, lines, isRate ? $"{unit}/s" : unit, exemplars);
    }

    public static string Label(TelemetryAttribute[] dimensions) =>
        dimensions.Length == 0 ? "(no dimensions)" : string.Join(", ", dimensions.Select(dimension => $"{dimension.Key}={dimension.Value}"));

    private ChartLine[] ScalarLines(InstrumentSnapshot instrument, SeriesSnapshot[] series, DateTimeOffset from, DateTimeOffset[] times)
    {
        var curves = series.Select(one => (one, Values: SeriesSampling.Scalars(one, instrument.Info, from, times, asRate: instrument.Info.Kind == InstrumentKind.Counter && !Alternative))).ToArray();
        return Split
            ? [.. curves.OrderByDescending(curve => curve.Values.LastOrDefault(value => value is not null) ?? 0).Take(MaxLines).Select(curve => new ChartLine(Label(curve.one.Dimensions), curve.Values))]
            : [new ChartLine(instrument.Key.Name, Total([.. curves.Select(curve => curve.Values)], times.Length))];
    }

    private ChartLine[] HistogramLines(InstrumentSnapshot instrument, SeriesSnapshot[] series, DateTimeOffset from, DateTimeOffset[] times)
    {
        if (Alternative)
        {
            var counts = series.Select(one => (one, Values: SeriesSampling.Histograms(one, instrument.Info, from, times).Select(value => value is null ? (double?)null : value.Count / (Window / Columns).TotalSeconds).ToArray())).ToArray();
            return Split
                ? [.. counts.OrderByDescending(curve => curve.Values.Max() ?? 0).Take(MaxLines).Select(curve => new ChartLine(Label(curve.one.Dimensions), curve.Values))]
                : [new ChartLine(instrument.Key.Name, Total([.. counts.Select(curve => curve.Values)], times.Length))];
        }

        if (Split)
        {
            return
            [
                .. series.Select(one => (one, Values: SeriesSampling.Histograms(one, instrument.Info, from, times)))
                    .OrderByDescending(curve => curve.Values.Sum(value => (double)(value?.Count ?? 0)))
                    .Take(MaxLines)
                    .Select(curve => new ChartLine("P90 " + Label(curve.one.Dimensions), Percentile(curve.Values, 0.90))),
            ];
        }

        var merged = new HistogramValue?[times.Length];
        foreach (var values in series.Select(one => SeriesSampling.Histograms(one, instrument.Info, from, times)))
        {
            for (var i = 0; i < values.Length; i++)
                merged[i] = values[i] is { } value ? HistogramMath.Add(merged[i], value) ?? merged[i] : merged[i];
        }

        return [new("P50", Percentile(merged, 0.50)), new("P90", Percentile(merged, 0.90)), new("P99", Percentile(merged, 0.99))];
    }

    private static double?[] Percentile(HistogramValue?[] values, double quantile) =>
        [.. values.Select(value => value is null ? null : HistogramMath.Quantile(value, quantile))];

    private static double?[] Total(double?[][] curves, int columns)
    {
        var total = new double?[columns];
        foreach (var curve in curves)
        {
            for (var i = 0; i < columns; i++)
                total[i] = curve[i] is { } value ? (total[i] ?? 0) + value : total[i];
        }

        return total;
    }
}
