using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Logs;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Logs.V1;

namespace Aspire.Hosting.Dashboard.Otlp;

/// <summary>Takes the log records of a request into the store. None is refused: a record without a time gets the time of its arrival.</summary>
internal sealed class LogIngestion(TelemetryStore store, AttributeReader attributes, TimeProvider clock)
{
    public ExportLogsServiceResponse Ingest(ExportLogsServiceRequest request)
    {
        var records = new List<LogEntry>();
        foreach (var group in request.ResourceLogs)
        {
            var source = store.Sources.GetOrAdd(attributes.Read(group.Resource?.Attributes ?? []));
            foreach (var scoped in group.ScopeLogs)
            {
                var scope = attributes.Share(scoped.Scope?.Name ?? "");
                foreach (var record in scoped.LogRecords)
                    records.Add(Read(record, source, scope));
            }
        }

        if (records.Count > 0)
            store.Logs.Add(records);
        return new ExportLogsServiceResponse();
    }

    private LogEntry Read(LogRecord record, TelemetrySource source, string scope)
    {
        TraceId.TryRead(record.TraceId.Span, out var traceId);
        SpanId.TryRead(record.SpanId.Span, out var spanId);
        var time = record.TimeUnixNano != 0 ? record.TimeUnixNano : record.ObservedTimeUnixNano;
        var severity = LogEntry.ToSeverity((int)record.SeverityNumber);
        return new LogEntry
        {
            Source = source,
            Scope = scope,
            TimeUnixNano = time != 0 ? time : UnixTime.FromTime(clock.GetUtcNow()),
            Severity = severity == LogSeverity.Unspecified ? FromText(record.SeverityText) : severity,
            SeverityNumber = (int)record.SeverityNumber,
            Message = attributes.Share(attributes.Read(record.Body).Text),
            EventName = record.EventName.Length == 0 ? null : attributes.Share(attributes.Cut(record.EventName)),
            TraceId = traceId,
            SpanId = spanId,
            Attributes = attributes.Read(record.Attributes),
        };
    }

    /// <summary>Senders that bridge another logging library may give only its word for the level.</summary>
    private static LogSeverity FromText(string text) => text.ToUpperInvariant() switch
    {
        "TRACE" or "VERBOSE" => LogSeverity.Trace,
        "DEBUG" => LogSeverity.Debug,
        "INFO" or "INFORMATION" or "NOTICE" => LogSeverity.Information,
        "WARN" or "WARNING" => LogSeverity.Warning,
        "ERROR" or "ERR" => LogSeverity.Error,
        "CRITICAL" or "FATAL" or "EMERGENCY" or "ALERT" => LogSeverity.Critical,
        _ => LogSeverity.Unspecified,
    };
}
