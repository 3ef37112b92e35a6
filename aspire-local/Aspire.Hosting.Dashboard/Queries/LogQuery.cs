using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Logs;

namespace Aspire.Hosting.Dashboard.Queries;

/// <summary>Which log records to show; every given part has to hold.</summary>
internal sealed record LogQuery
{
    public string? Resource { get; init; }
    public LogSeverity MinimumSeverity { get; init; }
    /// <summary>Part of the message, the category or an attribute's value, in any case.</summary>
    public string? Text { get; init; }
    public TraceId TraceId { get; init; }
    public SpanId SpanId { get; init; }
    public AttributeCondition[] Conditions { get; init; } = [];

    /// <summary>The matching records, newest first.</summary>
    public LogEntry[] Run(LogStore store) =>
        [.. store.Snapshot().Where(Matches).OrderByDescending(record => record.TimeUnixNano).ThenByDescending(record => record.Number)];

    public bool Matches(LogEntry record) =>
        record.Severity >= MinimumSeverity
        && (string.IsNullOrEmpty(Resource) || record.Source.Matches(Resource))
        && (TraceId.IsEmpty || record.TraceId == TraceId)
        && (SpanId.IsEmpty || record.SpanId == SpanId)
        && (string.IsNullOrEmpty(Text) || ContainsText(record, Text))
        && Array.TrueForAll(Conditions, condition => condition.Holds(record.Attributes, record.Source));

    private static bool ContainsText(LogEntry record, string text) =>
        record.Message.Contains(text, StringComparison.OrdinalIgnoreCase)
        || record.Scope.Contains(text, StringComparison.OrdinalIgnoreCase)
        || record.EventName?.Contains(text, StringComparison.OrdinalIgnoreCase) == true
        || Array.Exists(record.Attributes, attribute => attribute.Value.Contains(text, StringComparison.OrdinalIgnoreCase));
}
