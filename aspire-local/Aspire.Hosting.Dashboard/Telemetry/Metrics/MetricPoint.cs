namespace Aspire.Hosting.Dashboard.Telemetry.Metrics;

internal enum InstrumentKind : byte { Gauge, Counter, UpDownCounter, Histogram }

/// <summary>What a histogram had counted at one moment. <see cref="Counts"/> has one entry more than <see cref="Bounds"/>.</summary>
internal sealed record HistogramValue(ulong Count, double Sum, double? Min, double? Max, double[] Bounds, ulong[] Counts)
{
    public int EstimatedBytes => 120 + (8 * Counts.Length);
}

/// <summary>
/// A value that held from <see cref="FromUnixNano"/> to <see cref="TimeUnixNano"/>: equal values in a row are one point.
/// </summary>
internal readonly record struct MetricPoint(ulong FromUnixNano, ulong TimeUnixNano, double Value, HistogramValue? Histogram)
{
    public bool SameValueAs(in MetricPoint other) =>
        Histogram is null
            ? other.Histogram is null && Value.Equals(other.Value)
            : other.Histogram is { } histogram && histogram.Count == Histogram.Count && histogram.Sum.Equals(Histogram.Sum);
}

/// <summary>One measurement kept as an example, with the span in which it was made.</summary>
internal sealed record MetricExemplar(ulong TimeUnixNano, double Value, TraceId TraceId, SpanId SpanId, TelemetryAttribute[] Attributes);

/// <summary>One report about one series, before it is stored.</summary>
internal sealed record MetricSample(
    InstrumentKey Key,
    InstrumentInfo Info,
    TelemetryAttribute[] Dimensions,
    MetricPoint Point,
    MetricExemplar[] Exemplars);

internal sealed record InstrumentKey(TelemetrySource Source, string Meter, string Name);

/// <summary>
/// What the sender says of an instrument. <see cref="IsDelta"/>: each report holds what was added since the one before;
/// otherwise it holds the sum since the process started.
/// </summary>
internal sealed record InstrumentInfo(string Description, string Unit, InstrumentKind Kind, bool IsDelta);
