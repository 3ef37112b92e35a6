using System.Globalization;
using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Metrics;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Metrics.V1;

namespace Aspire.Hosting.Dashboard.Otlp;

/// <summary>Takes the data points of a request into the store and says which ones it refused.</summary>
internal sealed class MetricIngestion(TelemetryStore store, AttributeReader attributes)
{
    // Bit 0 of a data point's flags: the series existed, but there is no value (a scrape that found it gone).
    private const uint NoRecordedValue = 1;

    public ExportMetricsServiceResponse Ingest(ExportMetricsServiceRequest request)
    {
        var samples = new List<MetricSample>();
        var rejected = 0;
        foreach (var group in request.ResourceMetrics)
        {
            var source = store.Sources.GetOrAdd(attributes.Read(group.Resource?.Attributes ?? []));
            foreach (var scoped in group.ScopeMetrics)
            {
                var meter = attributes.Share(scoped.Scope?.Name ?? "");
                foreach (var metric in scoped.Metrics)
                    rejected += Read(metric, new InstrumentKey(source, meter, attributes.Share(attributes.Cut(metric.Name))), samples);
            }
        }

        if (samples.Count > 0)
            store.Metrics.Add(samples);
        return rejected == 0 ? new ExportMetricsServiceResponse() : new ExportMetricsServiceResponse
        {
            PartialSuccess = new ExportMetricsPartialSuccess
            {
                RejectedDataPoints = rejected,
                ErrorMessage = $"{rejected} data points were refused: an instrument needs a name, and a histogram one more bucket count than bounds, with the bounds ascending, and at most {HistogramReader.MaxBuckets} of them.",
            },
        };
    }

    private int Read(Metric metric, InstrumentKey key, List<MetricSample> samples)
    {
        if (metric.Name.Length == 0)
            return Math.Max(1, CountPoints(metric));
        switch (metric.DataCase)
        {
            case Metric.DataOneofCase.Gauge:
                AddNumbers(metric.Gauge.DataPoints, key, Info(metric, InstrumentKind.Gauge, default), samples);
                return 0;
            case Metric.DataOneofCase.Sum:
                var kind = metric.Sum.IsMonotonic ? InstrumentKind.Counter : InstrumentKind.UpDownCounter;
                AddNumbers(metric.Sum.DataPoints, key, Info(metric, kind, metric.Sum.AggregationTemporality), samples);
                return 0;
            case Metric.DataOneofCase.Histogram:
                return metric.Histogram.DataPoints.Count(point => !TryAdd(HistogramReader.Read(point), point.Attributes, point.Exemplars, point.TimeUnixNano, point.StartTimeUnixNano,
                    key, Info(metric, InstrumentKind.Histogram, metric.Histogram.AggregationTemporality), samples));
            case Metric.DataOneofCase.ExponentialHistogram:
                return metric.ExponentialHistogram.DataPoints.Count(point => !TryAdd(HistogramReader.Read(point), point.Attributes, point.Exemplars, point.TimeUnixNano, point.StartTimeUnixNano,
                    key, Info(metric, InstrumentKind.Histogram, metric.ExponentialHistogram.AggregationTemporality), samples));
            case Metric.DataOneofCase.Summary:
                AddSummaries(metric, key, samples);
                return 0;
            default:
                return 0;
        }
    }

    private InstrumentInfo Info(Metric metric, InstrumentKind kind, AggregationTemporality temporality) =>
        new(attributes.Share(attributes.Cut(metric.Description)), attributes.Share(attributes.Cut(metric.Unit)), kind, temporality == AggregationTemporality.Delta);

    private void AddNumbers(RepeatedField<NumberDataPoint> points, InstrumentKey key, InstrumentInfo info, List<MetricSample> samples)
    {
        foreach (var point in points)
        {
            if ((point.Flags & NoRecordedValue) != 0 || point.ValueCase == NumberDataPoint.ValueOneofCase.None)
                continue;
            var value = point.ValueCase == NumberDataPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble;
            samples.Add(new MetricSample(key, info, attributes.Read(point.Attributes), new MetricPoint(point.TimeUnixNano, point.TimeUnixNano, value, null), ReadExemplars(point.Exemplars)));
        }
    }

    private bool TryAdd(
        HistogramValue? value, RepeatedField<KeyValue> dimensions, RepeatedField<Exemplar> exemplars, ulong time, ulong start, InstrumentKey key, InstrumentInfo info, List<MetricSample> samples)
    {
        if (value is null)
            return false;
        var from = info.IsDelta && start != 0 ? Math.Min(start, time) : time;
        samples.Add(new MetricSample(key, info, attributes.Read(dimensions), new MetricPoint(from, time, value.Sum, value), ReadExemplars(exemplars)));
        return true;
    }

    /// <summary>A summary's quantiles cannot be added up again, so each becomes a gauge of its own with a <c>quantile</c> dimension.</summary>
    private void AddSummaries(Metric metric, InstrumentKey key, List<MetricSample> samples)
    {
        var info = Info(metric, InstrumentKind.Gauge, default);
        foreach (var point in metric.Summary.DataPoints)
        {
            foreach (var quantile in point.QuantileValues.Take(store.Limits.MaxAttributeCount))
            {
                TelemetryAttribute[] dimensions =
                    [.. attributes.Read(point.Attributes), new("quantile", quantile.Quantile.ToString("R", CultureInfo.InvariantCulture), AttributeKind.Number)];
                samples.Add(new MetricSample(key, info, dimensions, new MetricPoint(point.TimeUnixNano, point.TimeUnixNano, quantile.Value, null), []));
            }
        }
    }

    private MetricExemplar[] ReadExemplars(RepeatedField<Exemplar> exemplars)
    {
        if (exemplars.Count == 0)
            return [];
        var read = new List<MetricExemplar>();
        foreach (var exemplar in exemplars.Take(store.Limits.MaxSpanEventCount))
        {
            TraceId.TryRead(exemplar.TraceId.Span, out var traceId);
            SpanId.TryRead(exemplar.SpanId.Span, out var spanId);
            var value = exemplar.ValueCase == Exemplar.ValueOneofCase.AsInt ? exemplar.AsInt : exemplar.AsDouble;
            read.Add(new MetricExemplar(exemplar.TimeUnixNano, value, traceId, spanId, attributes.Read(exemplar.FilteredAttributes)));
        }

        return [.. read];
    }

    private static int CountPoints(Metric metric) => metric.DataCase switch
    {
        Metric.DataOneofCase.Gauge => metric.Gauge.DataPoints.Count,
        Metric.DataOneofCase.Sum => metric.Sum.DataPoints.Count,
        Metric.DataOneofCase.Histogram => metric.Histogram.DataPoints.Count,
        Metric.DataOneofCase.ExponentialHistogram => metric.ExponentialHistogram.DataPoints.Count,
        Metric.DataOneofCase.Summary => metric.Summary.DataPoints.Count,
        _ => 0,
    };
}
