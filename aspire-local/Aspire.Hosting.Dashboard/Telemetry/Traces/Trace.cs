namespace Aspire.Hosting.Dashboard.Telemetry.Traces;

/// <summary>How many spans, and how many failed ones, a service has in a trace.</summary>
internal sealed record TraceShare(string Service, int Spans, int Errors);

/// <summary>A trace as a row of the list.</summary>
internal sealed record TraceSummary(
    TraceId TraceId,
    string Name,
    string RootService,
    ulong StartUnixNano,
    TimeSpan Duration,
    int Spans,
    int Errors,
    bool HasRoot,
    TraceShare[] Services);

/// <summary>The spans of one trace id. Not thread-safe: <see cref="TraceStore"/> guards it.</summary>
internal sealed class Trace(TraceId id)
{
    private readonly Dictionary<SpanId, SpanEntry> _spans = [];
    private TraceSummary? _summary;

    public TraceId Id { get; } = id;
    public int SpanCount => _spans.Count;
    public long EstimatedBytes { get; private set; } = 200;
    public IEnumerable<SpanEntry> Spans => _spans.Values;

    /// <summary>Adds a span; one that was sent before (a retried export) is replaced.</summary>
    public void Add(SpanEntry span)
    {
        if (_spans.TryGetValue(span.SpanId, out var earlier))
            EstimatedBytes -= earlier.EstimatedBytes;
        _spans[span.SpanId] = span;
        EstimatedBytes += span.EstimatedBytes;
        _summary = null;
    }

    public bool Contains(SpanId id) => _spans.ContainsKey(id);

    /// <summary>The row for the list; worked out once after each change.</summary>
    public TraceSummary Summary => _summary ??= Summarise();

    private TraceSummary Summarise()
    {
        SpanEntry? root = null, first = null;
        ulong start = ulong.MaxValue, end = 0;
        var errors = 0;
        var shares = new Dictionary<string, (int Spans, int Errors)>(StringComparer.Ordinal);
        foreach (var span in _spans.Values)
        {
            if (span.ParentSpanId.IsEmpty && (root is null || span.StartUnixNano < root.StartUnixNano))
                root = span;
            if (first is null || span.StartUnixNano < first.StartUnixNano)
                first = span;
            start = Math.Min(start, span.StartUnixNano);
            end = Math.Max(end, Math.Max(span.StartUnixNano, span.EndUnixNano));
            var (spans, failed) = shares.GetValueOrDefault(span.Source.Name);
            shares[span.Source.Name] = (spans + 1, failed + (span.IsError ? 1 : 0));
            errors += span.IsError ? 1 : 0;
        }

        var named = root ?? first!;
        return new TraceSummary(
            Id, named.Name, named.Source.Name, start, UnixTime.Between(start, end), _spans.Count, errors, root is not null,
            [.. shares.Select(share => new TraceShare(share.Key, share.Value.Spans, share.Value.Errors))]);
    }
}
