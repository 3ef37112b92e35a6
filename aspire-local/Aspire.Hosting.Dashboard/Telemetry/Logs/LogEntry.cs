namespace Aspire.Hosting.Dashboard.Telemetry.Logs;

/// <summary>The levels that a person filters by; OTLP's 24 severities in their groups of four.</summary>
internal enum LogSeverity : byte { Unspecified, Trace, Debug, Information, Warning, Error, Critical }

/// <summary>One structured log record.</summary>
internal sealed class LogEntry
{
    /// <summary>Order of arrival, from 1; the address of a record within a session.</summary>
    public long Number { get; set; }
    public required TelemetrySource Source { get; init; }
    public required string Scope { get; init; }
    public ulong TimeUnixNano { get; init; }
    public LogSeverity Severity { get; init; }
    /// <summary>The number that was sent, 0–24 by the standard, anything else kept as it came.</summary>
    public int SeverityNumber { get; init; }
    public required string Message { get; init; }
    public string? EventName { get; init; }
    public TraceId TraceId { get; init; }
    public SpanId SpanId { get; init; }
    public TelemetryAttribute[] Attributes { get; init; } = [];

    public int EstimatedBytes => 160 + (2 * Message.Length) + Attributes.EstimatedBytes();

    /// <summary>Severity of a sent number; an unknown one counts as unspecified.</summary>
    public static LogSeverity ToSeverity(int number) => number switch
    {
        >= 1 and <= 4 => LogSeverity.Trace,
        >= 5 and <= 8 => LogSeverity.Debug,
        >= 9 and <= 12 => LogSeverity.Information,
        >= 13 and <= 16 => LogSeverity.Warning,
        >= 17 and <= 20 => LogSeverity.Error,
        >= 21 and <= 24 => LogSeverity.Critical,
        _ => LogSeverity.Unspecified,
    };
}
