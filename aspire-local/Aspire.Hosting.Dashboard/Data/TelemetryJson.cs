using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Logs;
using Aspire.Hosting.Dashboard.Telemetry.Metrics;
using Aspire.Hosting.Dashboard.Telemetry.Traces;

namespace Aspire.Hosting.Dashboard.Data;

/// <summary>The shapes of <c>/api/…</c>: flat, with ISO times and durations in milliseconds.</summary>
internal static class TelemetryJson
{
    public static object Of(TraceSummary trace) => new
    {
        traceId = trace.TraceId.ToString(),
        name = trace.Name,
        resource = trace.RootService,
        start = UnixTime.ToTime(trace.StartUnixNano).UtcDateTime,
        durationMs = trace.Duration.TotalMilliseconds,
        spans = trace.Spans,
        errors = trace.Errors,
        isComplete = trace.HasRoot,
        resources = trace.Services.Select(share => new { name = share.Service, spans = share.Spans, errors = share.Errors }),
    };

    public static object Of(SpanEntry span) => new
    {
        traceId = span.TraceId.ToString(),
        spanId = span.SpanId.ToString(),
        parentSpanId = span.ParentSpanId.IsEmpty ? null : span.ParentSpanId.ToString(),
        name = span.Name,
        kind = span.Kind.ToString(),
        resource = span.Source.Name,
        instance = span.Source.InstanceId,
        scope = span.Scope,
        start = UnixTime.ToTime(span.StartUnixNano).UtcDateTime,
        durationMs = span.Duration.TotalMilliseconds,
        status = span.Status.ToString(),
        statusMessage = span.StatusMessage,
        problem = span.EndsBeforeStart ? "ends before it starts" : null,
        attributes = Of(span.Attributes),
        events = span.Events.Select(item => new { time = UnixTime.ToTime(item.TimeUnixNano).UtcDateTime, name = item.Name, attributes = Of(item.Attributes) }),
        links = span.Links.Select(link => new { traceId = link.TraceId.ToString(), spanId = link.SpanId.ToString(), attributes = Of(link.Attributes) }),
    };

    public static object Of(LogEntry record) => new
    {
        number = record.Number,
        time = UnixTime.ToTime(record.TimeUnixNano).UtcDateTime,
        level = record.Severity.ToString(),
        severityNumber = record.SeverityNumber,
        message = record.Message,
        category = record.Scope,
        eventName = record.EventName,
        resource = record.Source.Name,
        instance = record.Source.InstanceId,
        traceId = record.TraceId.IsEmpty ? null : record.TraceId.ToString(),
        spanId = record.SpanId.IsEmpty ? null : record.SpanId.ToString(),
        attributes = Of(record.Attributes),
    };

    public static object Of(InstrumentSummary instrument) => new
    {
        resource = instrument.Key.Source.Name,
        instance = instrument.Key.Source.InstanceId,
        meter = instrument.Key.Meter,
        name = instrument.Key.Name,
        description = instrument.Info.Description,
        unit = instrument.Info.Unit,
        kind = instrument.Info.Kind.ToString(),
        series = instrument.Series,
        points = instrument.Points,
    };

    public static object Of(InstrumentSnapshot instrument) => new
    {
        resource = instrument.Key.Source.Name,
        instance = instrument.Key.Source.InstanceId,
        meter = instrument.Key.Meter,
        name = instrument.Key.Name,
        description = instrument.Info.Description,
        unit = instrument.Info.Unit,
        kind = instrument.Info.Kind.ToString(),
        temporality = instrument.Info.IsDelta ? "delta" : "cumulative",
        series = instrument.Series.Select(series => new
        {
            dimensions = Of(series.Dimensions),
            points = series.Points.Select(point => new
            {
                from = UnixTime.ToTime(point.FromUnixNano).UtcDateTime,
                time = UnixTime.ToTime(point.TimeUnixNano).UtcDateTime,
                value = point.Histogram is null ? Finite(point.Value) : null,
                count = point.Histogram?.Count,
                sum = point.Histogram is null ? null : Finite(point.Histogram.Sum),
                bounds = point.Histogram?.Bounds,
                counts = point.Histogram?.Counts,
            }),
            exemplars = series.Exemplars.Select(exemplar => new
            {
                time = UnixTime.ToTime(exemplar.TimeUnixNano).UtcDateTime,
                value = Finite(exemplar.Value),
                traceId = exemplar.TraceId.ToString(),
                spanId = exemplar.SpanId.ToString(),
            }),
        }),
    };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static JsonObject Of(TelemetryAttribute[] attributes)
    {
        var written = new JsonObject();
        foreach (var attribute in attributes)
            written[attribute.Key] = ValueOf(attribute);
        return written;
    }

    private static JsonNode? ValueOf(TelemetryAttribute attribute)
    {
        switch (attribute.Kind)
        {
            case AttributeKind.Boolean: return attribute.Value == "true";
            case AttributeKind.Integer when long.TryParse(attribute.Value, CultureInfo.InvariantCulture, out var integer): return integer;
            case AttributeKind.Number when double.TryParse(attribute.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number): return number;
            case AttributeKind.Json:
                try
                {
                    return JsonNode.Parse(attribute.Value);
                }
                catch (JsonException)
                {
                    // The value was cut off at the length limit: give it as the text that is left.
                    return attribute.Value;
                }

            default: return attribute.Value;
        }
    }
}
