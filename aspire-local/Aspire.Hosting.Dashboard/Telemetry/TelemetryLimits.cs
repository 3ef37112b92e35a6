using System.ComponentModel.DataAnnotations;

namespace Aspire.Hosting.Dashboard.Telemetry;

/// <summary>
/// How much telemetry is kept; the oldest goes first. Bound from <c>Dashboard:TelemetryLimits</c>. The names that the
/// official dashboard has keep its meaning; <see cref="MaxTraceMegabytes"/>, <see cref="MaxLogMegabytes"/>,
/// <see cref="MaxSpansPerTrace"/> and the metric-series limits are ours, because a count alone does not bound memory.
/// </summary>
internal sealed class TelemetryLimits
{
    public const string Section = "Dashboard:TelemetryLimits";

    [Range(1, 10_000_000)] public int MaxLogCount { get; set; } = 50_000;
    [Range(1, 10_000_000)] public int MaxTraceCount { get; set; } = 10_000;
    /// <summary>Metric data points over all series.</summary>
    [Range(100, 100_000_000)] public int MaxMetricsCount { get; set; } = 200_000;
    /// <summary>Attributes of one span, log record, event or link; further ones are dropped and counted.</summary>
    [Range(1, 10_000)] public int MaxAttributeCount { get; set; } = 128;
    /// <summary>Characters of one attribute value or log body; the rest is cut off, marked with an ellipsis.</summary>
    [Range(16, 10_000_000)] public int MaxAttributeLength { get; set; } = 16_384;
    [Range(0, 100_000)] public int MaxSpanEventCount { get; set; } = 256;
    [Range(0, 100_000)] public int MaxSpanLinkCount { get; set; } = 256;
    [Range(1, 1_000_000)] public int MaxSpansPerTrace { get; set; } = 10_000;
    [Range(1, 100_000)] public int MaxResourceCount { get; set; } = 1_000;
    [Range(1, 1_000_000)] public int MaxMetricSeriesCount { get; set; } = 10_000;
    [Range(10, 100_000)] public int MaxPointsPerSeries { get; set; } = 3_600;
    /// <summary>Estimated heap use of all kept spans, in MiB.</summary>
    [Range(1, 100_000)] public int MaxTraceMegabytes { get; set; } = 192;
    /// <summary>Estimated heap use of all kept log records, in MiB.</summary>
    [Range(1, 100_000)] public int MaxLogMegabytes { get; set; } = 96;
    /// <summary>Largest accepted request, before and after decompression, in MiB.</summary>
    [Range(1, 1_000)] public int MaxRequestMegabytes { get; set; } = 16;
}
