using Aspire.Hosting.Dashboard.Telemetry.Traces;

namespace Aspire.Hosting.Dashboard.Queries;

/// <summary>Which traces to show; every given part has to hold.</summary>
internal sealed record TraceQuery
{
    /// <summary>A service that took part.</summary>
    public string? Resource { get; init; }
    /// <summary>Part of the trace's name or its id, in any case.</summary>
    public string? Text { get; init; }
    public bool OnlyErrors { get; init; }
    public TimeSpan MinimumDuration { get; init; }
    /// <summary>Conditions that one span of the trace has to meet together.</summary>
    public AttributeCondition[] Conditions { get; init; } = [];

    /// <summary>The matching traces, newest first.</summary>
    public TraceSummary[] Run(TraceStore store)
    {
        var matching = store.Summaries().Where(Matches);
        if (Conditions.Length > 0)
        {
            var withSpan = store.FindSpans(span => Array.TrueForAll(Conditions, condition => condition.Holds(span.Attributes, span.Source)), int.MaxValue)
                .Select(span => span.TraceId).ToHashSet();
            matching = matching.Where(trace => withSpan.Contains(trace.TraceId));
        }

        return [.. matching.OrderByDescending(trace => trace.StartUnixNano)];
    }

    private bool Matches(TraceSummary trace) =>
        (!OnlyErrors || trace.Errors > 0)
        && trace.Duration >= MinimumDuration
        && (string.IsNullOrEmpty(Resource) || Array.Exists(trace.Services, share => IsService(share.Service, Resource)))
        && (string.IsNullOrEmpty(Text)
            || trace.Name.Contains(Text, StringComparison.OrdinalIgnoreCase)
            || trace.TraceId.ToString().Contains(Text, StringComparison.OrdinalIgnoreCase));

    /// <summary>A replica (<c>worker-k3f9</c>) is part of its service here: a trace counts per service.</summary>
    private static bool IsService(string service, string resource) =>
        resource.Equals(service, StringComparison.OrdinalIgnoreCase) || resource.StartsWith(service + "-", StringComparison.OrdinalIgnoreCase);
}
