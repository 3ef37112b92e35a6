using Aspire.Hosting.Dashboard.Telemetry.Metrics;
using Google.Protobuf;
using OpenTelemetry.Proto.Metrics.V1;

namespace Aspire.Hosting.Dashboard.Data;

internal static class MetricExport
{
    public static Metric ToProto(InstrumentSnapshot instrument)
    {
        var metric = new Metric { Name = instrument.Key.Name, Description = instrument.Info.Description, Unit = instrument.Info.Unit };
        var temporality = instrument.Info.IsDelta ? AggregationTemporality.Delta : AggregationTemporality.Cumulative;
        switch (instrument.Info.Kind)
        {
            case InstrumentKind.Gauge:
                metric.Gauge = new Gauge { DataPoints = { instrument.Series.SelectMany(Numbers) } };
                break;
            case InstrumentKind.Histogram:
                metric.Histogram = new Histogram { AggregationTemporality = temporality, DataPoints = { instrument.Series.SelectMany(Histograms) } };
                break;
            default:
                metric.Sum = new Sum { AggregationTemporality = temporality, IsMonotonic = instrument.Info.Kind == InstrumentKind.Counter, DataPoints = { instrument.Series.SelectMany(Numbers) } };
                break;
        }

        return metric;
    }

    private static IEnumerable<NumberDataPoint> Numbers(SeriesSnapshot series) => series.Points.SelectMany(Ends).Select(point => new NumberDataPoint
    {
        TimeUnixNano = point.TimeUnixNano,
        AsDouble = point.Value,
        Attributes = { OtlpExport.ToProto(series.Dimensions) },
        Exemplars = { point.IsLast ? series.Exemplars.Select(ToProto) : [] },
    });

    private static IEnumerable<HistogramDataPoint> Histograms(SeriesSnapshot series) => series.Points.SelectMany(Ends).Select(point =>
    {
        var histogram = new HistogramDataPoint
        {
            TimeUnixNano = point.TimeUnixNano,
            Count = point.Histogram!.Count,
            Sum = point.Histogram.Sum,
            Attributes = { OtlpExport.ToProto(series.Dimensions) },
            Exemplars = { point.IsLast ? series.Exemplars.Select(ToProto) : [] },
        };
        histogram.ExplicitBounds.AddRange(point.Histogram.Bounds);
        histogram.BucketCounts.AddRange(point.Histogram.Counts);
        if (point.Histogram.Min is { } min)
            histogram.Min = min;
        if (point.Histogram.Max is { } max)
            histogram.Max = max;
        return histogram;
    });

    /// <summary>A point that stands for equal reports over a time goes out as the first and the last of them.</summary>
    private static IEnumerable<(ulong TimeUnixNano, double Value, HistogramValue? Histogram, bool IsLast)> Ends(MetricPoint point)
    {
        if (point.FromUnixNano != point.TimeUnixNano)
            yield return (point.FromUnixNano, point.Value, point.Histogram, false);
        yield return (point.TimeUnixNano, point.Value, point.Histogram, true);
    }

    private static Exemplar ToProto(MetricExemplar exemplar)
    {
        var written = new Exemplar { TimeUnixNano = exemplar.TimeUnixNano, AsDouble = exemplar.Value, FilteredAttributes = { OtlpExport.ToProto(exemplar.Attributes) } };
        if (!exemplar.TraceId.IsEmpty)
            written.TraceId = ByteString.CopyFrom(exemplar.TraceId.ToBytes());
        if (!exemplar.SpanId.IsEmpty)
            written.SpanId = ByteString.CopyFrom(exemplar.SpanId.ToBytes());
        return written;
    }
}
