using System.Security.Cryptography;
using Google.Protobuf;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>Small OTLP requests to send.</summary>
internal static class Telemetry
{
    public static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    public static ulong At(double milliseconds) => (ulong)((Now - DateTimeOffset.UnixEpoch).Ticks * 100) + (ulong)(milliseconds * 1e6);

    public static ByteString NewTraceId() => ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16));

    public static ByteString NewSpanId() => ByteString.CopyFrom(RandomNumberGenerator.GetBytes(8));

    public static string Hex(ByteString id) => Convert.ToHexStringLower(id.Span);

    public static KeyValue Attribute(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };

    public static Resource Service(string name) => new() { Attributes = { Attribute("service.name", name), Attribute("service.instance.id", "1") } };

    public static Span Span(string name, ByteString? trace = null, ByteString? parent = null, double start = 0, double end = 10) => new()
    {
        TraceId = trace ?? NewTraceId(),
        SpanId = NewSpanId(),
        ParentSpanId = parent ?? ByteString.Empty,
        Name = name,
        Kind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind.Server,
        StartTimeUnixNano = At(start),
        EndTimeUnixNano = At(end),
    };

    public static ExportTraceServiceRequest Traces(string service, params IEnumerable<Span> spans) => new()
    {
        ResourceSpans = { new ResourceSpans { Resource = Service(service), ScopeSpans = { new ScopeSpans { Scope = new InstrumentationScope { Name = "test" }, Spans = { spans } } } } },
    };

    public static LogRecord Log(string body, SeverityNumber severity = SeverityNumber.Info) => new()
    {
        TimeUnixNano = At(0),
        SeverityNumber = severity,
        Body = new AnyValue { StringValue = body },
    };

    public static ExportLogsServiceRequest Logs(string service, params IEnumerable<LogRecord> records) => new()
    {
        ResourceLogs = { new ResourceLogs { Resource = Service(service), ScopeLogs = { new ScopeLogs { Scope = new InstrumentationScope { Name = "test" }, LogRecords = { records } } } } },
    };

    public static ExportMetricsServiceRequest Metrics(string service, params IEnumerable<Metric> metrics) => new()
    {
        ResourceMetrics = { new ResourceMetrics { Resource = Service(service), ScopeMetrics = { new ScopeMetrics { Scope = new InstrumentationScope { Name = "test" }, Metrics = { metrics } } } } },
    };

    public static Metric Counter(string name, double value, double time = 0, params KeyValue[] dimensions) => new()
    {
        Name = name,
        Sum = new Sum
        {
            IsMonotonic = true,
            AggregationTemporality = AggregationTemporality.Cumulative,
            DataPoints = { new NumberDataPoint { TimeUnixNano = At(time), AsDouble = value, Attributes = { dimensions } } },
        },
    };
}
