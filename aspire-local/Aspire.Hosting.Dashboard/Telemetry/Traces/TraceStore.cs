namespace Aspire.Hosting.Dashboard.Telemetry.Traces;

/// <summary>Keeps the newest traces within <see cref="TelemetryLimits"/>; the trace that came first goes first.</summary>
internal sealed class TraceStore(TelemetryLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TraceId, LinkedListNode<Trace>> _traces = [];
    private readonly LinkedList<Trace> _oldestFirst = [];
    private long _bytes;
    private long _version;
    private long _received;
    private long _evicted;

    /// <summary>Rises with every change, so that a view can tell whether it is out of date.</summary>
    public long Version => Volatile.Read(ref _version);
    public long SpansReceived => Volatile.Read(ref _received);
    public long TracesEvicted => Volatile.Read(ref _evicted);
    public long EstimatedBytes => Volatile.Read(ref _bytes);

    /// <summary>Adds spans; returns how many were refused because their trace is full.</summary>
    public int Add(IReadOnlyList<SpanEntry> spans)
    {
        var refused = 0;
        lock (_gate)
        {
            foreach (var span in spans)
            {
                span.Source.HasTraces = true;
                if (!TryAdd(span))
                    refused++;
            }

            EvictOldest();
            _received += spans.Count - refused;
            _version++;
        }

        return refused;
    }

    /// <summary>All traces, newest first.</summary>
    public TraceSummary[] Summaries()
    {
        lock (_gate)
        {
            var summaries = new TraceSummary[_oldestFirst.Count];
            var next = summaries.Length;
            foreach (var trace in _oldestFirst)
                summaries[--next] = trace.Summary;
            return summaries;
        }
    }

    /// <summary>The spans of a trace in the order of their start, or null when it is unknown or was evicted.</summary>
    public SpanEntry[]? Find(TraceId id)
    {
        lock (_gate)
        {
            return _traces.TryGetValue(id, out var node)
                ? [.. node.Value.Spans.OrderBy(span => span.StartUnixNano)]
                : null;
        }
    }

    /// <summary>Spans that match, at most <paramref name="limit"/>, newest trace first.</summary>
    public SpanEntry[] FindSpans(Func<SpanEntry, bool> predicate, int limit)
    {
        var found = new List<SpanEntry>();
        lock (_gate)
        {
            for (var node = _oldestFirst.Last; node is not null && found.Count < limit; node = node.Previous)
                found.AddRange(node.Value.Spans.Where(predicate).Take(limit - found.Count));
        }

        return [.. found];
    }

    /// <summary>Forgets all traces, or those in which <paramref name="service"/> took part.</summary>
    public void Clear(string? service = null)
    {
        lock (_gate)
        {
            for (var node = _oldestFirst.First; node is not null;)
            {
                var next = node.Next;
                if (service is null || node.Value.Spans.Any(span => span.Source.Matches(service)))
                    Remove(node);
                node = next;
            }

            _version++;
        }
    }

    private bool TryAdd(SpanEntry span)
    {
        if (!_traces.TryGetValue(span.TraceId, out var node))
        {
            node = _oldestFirst.AddLast(new Trace(span.TraceId));
            _traces[span.TraceId] = node;
            _bytes += node.Value.EstimatedBytes;
        }

        var trace = node.Value;
        if (trace.SpanCount >= limits.MaxSpansPerTrace && !trace.Contains(span.SpanId))
            return false;
        _bytes -= trace.EstimatedBytes;
        trace.Add(span);
        _bytes += trace.EstimatedBytes;
        return true;
    }

    private void EvictOldest()
    {
        var budget = limits.MaxTraceMegabytes * 1024L * 1024;
        while (_oldestFirst.First is { } oldest && (_oldestFirst.Count > limits.MaxTraceCount || _bytes > budget))
        {
            Remove(oldest);
            _evicted++;
        }
    }

    private void Remove(LinkedListNode<Trace> node)
    {
        _traces.Remove(node.Value.Id);
        _oldestFirst.Remove(node);
        _bytes -= node.Value.EstimatedBytes;
    }
}
