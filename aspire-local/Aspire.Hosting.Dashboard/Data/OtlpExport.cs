using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Logs;
using Aspire.Hosting.Dashboard.Telemetry.Metrics;
using Aspire.Hosting.Dashboard.Telemetry.Traces;
using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using ProtoResource = OpenTelemetry.Proto.Resource.V1.Resource;
using ProtoSpan = OpenTelemetry.Proto.Trace.V1.Span;

namespace Aspire.Hosting.Dashboard.Data;

/// <summary>Writes stored telemetry back as OTLP messages, so that any OTLP tool can read an export.</summary>
internal static class OtlpExport
{
    public static ResourceSpans ToProto(TelemetrySource source, IEnumerable<SpanEntry> spans)
    {
        var group = new ResourceSpans { Resource = ToProto(source) };
        foreach (var scope in spans.GroupBy(span => span.Scope, StringComparer.Ordinal))
            group.ScopeSpans.Add(new ScopeSpans { Scope = new InstrumentationScope { Name = scope.Key }, Spans = { scope.Select(ToProto) } });
        return group;
    }

    public static ResourceLogs ToProto(TelemetrySource source, IEnumerable<LogEntry> records)
    {
        var group = new ResourceLogs { Resource = ToProto(source) };
        foreach (var scope in records.GroupBy(record => record.Scope, StringComparer.Ordinal))
            group.ScopeLogs.Add(new ScopeLogs { Scope = new InstrumentationScope { Name = scope.Key }, LogRecords = { scope.Select(ToProto) } });
        return group;
    }

    public static ResourceMetrics ToProto(TelemetrySource source, IEnumerable<InstrumentSnapshot> instruments)
    {
        var group = new ResourceMetrics { Resource = ToProto(source) };
        foreach (var meter in instruments.GroupBy(instrument => instrument.Key.Meter, StringComparer.Ordinal))
            group.ScopeMetrics.Add(new ScopeMetrics { Scope = new InstrumentationScope { Name = meter.Key }, Metrics = { meter.Select(MetricExport.ToProto) } });
        return group;
    }

    public static IEnumerable<KeyValue> ToProto(TelemetryAttribute[] attributes) =>
        attributes.Select(attribute => new KeyValue { Key = attribute.Key, Value = ToProto(attribute.Value, attribute.Kind) });

    private static ProtoResource ToProto(TelemetrySource source) => new() { Attributes = { ToProto(source.Attributes) } };

    private static ProtoSpan ToProto(SpanEntry span) => new()
    {
        TraceId = ByteString.CopyFrom(span.TraceId.ToBytes()),
        SpanId = ByteString.CopyFrom(span.SpanId.ToBytes()),
        ParentSpanId = span.ParentSpanId.IsEmpty ? ByteString.Empty : ByteString.CopyFrom(span.ParentSpanId.ToBytes()),
        Name = span.Name,
        Kind = (ProtoSpan.Types.SpanKind)span.Kind,
        StartTimeUnixNano = span.StartUnixNano,
        EndTimeUnixNano = span.EndUnixNano,
        Status = span.Status == SpanStatus.Unset ? null : new Status { Code = (Status.Types.StatusCode)span.Status, Message = span.StatusMessage },
        Attributes = { ToProto(span.Attributes) },
        Events = { span.Events.Select(item => new ProtoSpan.Types.Event { TimeUnixNano = item.TimeUnixNano, Name = item.Name, Attributes = { ToProto(item.Attributes) } }) },
        Links =
        {
            span.Links.Select(link => new ProtoSpan.Types.Link
            {
                TraceId = ByteString.CopyFrom(link.TraceId.ToBytes()),
                SpanId = ByteString.CopyFrom(link.SpanId.ToBytes()),
                Attributes = { ToProto(link.Attributes) },
            }),
        },
    };

    private static LogRecord ToProto(LogEntry record) => new()
    {
        TimeUnixNano = record.TimeUnixNano,
        SeverityNumber = (SeverityNumber)record.SeverityNumber,
        SeverityText = record.Severity == LogSeverity.Unspecified ? "" : record.Severity.ToString(),
        Body = new AnyValue { StringValue = record.Message },
        EventName = record.EventName ?? "",
        TraceId = record.TraceId.IsEmpty ? ByteString.Empty : ByteString.CopyFrom(record.TraceId.ToBytes()),
        SpanId = record.SpanId.IsEmpty ? ByteString.Empty : ByteString.CopyFrom(record.SpanId.ToBytes()),
        Attributes = { ToProto(record.Attributes) },
    };

    private static AnyValue ToProto(string text, AttributeKind kind)
    {
        switch (kind)
        {
            case AttributeKind.Boolean: return new AnyValue { BoolValue = text == "true" };
            case AttributeKind.Integer when long.TryParse(text, CultureInfo.InvariantCulture, out var integer): return new AnyValue { IntValue = integer };
            case AttributeKind.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number): return new AnyValue { DoubleValue = number };
            case AttributeKind.Bytes when TryReadBase64(text) is { } bytes: return new AnyValue { BytesValue = ByteString.CopyFrom(bytes) };
            case AttributeKind.Json when TryReadJson(text) is { } value: return value;
            default: return new AnyValue { StringValue = text };
        }
    }

    /// <summary>Null for a value that was cut off, so that it goes out as text.</summary>
    private static byte[]? TryReadBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }

    private static AnyValue? TryReadJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return FromJson(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static AnyValue FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => new AnyValue { BoolValue = true },
        JsonValueKind.False => new AnyValue { BoolValue = false },
        JsonValueKind.Number => element.TryGetInt64(out var integer) ? new AnyValue { IntValue = integer } : new AnyValue { DoubleValue = element.GetDouble() },
        JsonValueKind.String => new AnyValue { StringValue = element.GetString() },
        JsonValueKind.Array => new AnyValue { ArrayValue = new ArrayValue { Values = { element.EnumerateArray().Select(FromJson) } } },
        JsonValueKind.Object => new AnyValue { KvlistValue = new KeyValueList { Values = { element.EnumerateObject().Select(item => new KeyValue { Key = item.Name, Value = FromJson(item.Value) }) } } },
        _ => new AnyValue(),
    };
}
