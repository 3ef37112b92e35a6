using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Traces;

namespace Aspire.Hosting.Dashboard.Queries;

/// <summary>One line of the waterfall. Offsets and widths are in percent of the trace's length.</summary>
internal sealed record WaterfallRow(SpanEntry Span, int Depth, bool HasChildren, double OffsetPercent, double WidthPercent, bool StartsBeforeParent);

/// <summary>The spans of a trace as a tree, parents first, siblings by start.</summary>
internal sealed record Waterfall(WaterfallRow[] Rows, ulong StartUnixNano, TimeSpan Duration)
{
    // Clocks of one machine agree to well below this; more says that two machines' clocks differ.
    private const ulong ToleratedSkewNanoseconds = 1_000_000;
    private const double NarrowestBarPercent = 0.15;

    /// <summary>True when a service reports work that began before the call that caused it.</summary>
    public bool HasClockSkew { get; } = Array.Exists(Rows, row => row.StartsBeforeParent);

    public static Waterfall Arrange(IReadOnlyList<SpanEntry> spans)
    {
        if (spans.Count == 0)
            return new Waterfall([], 0, TimeSpan.Zero);
        var byId = new Dictionary<SpanId, SpanEntry>(spans.Count);
        foreach (var span in spans)
            byId[span.SpanId] = span;
        var start = spans.Min(span => span.StartUnixNano);
        var end = spans.Max(span => Math.Max(span.StartUnixNano, span.EndUnixNano));
        var children = spans.Where(span => HasParent(span, byId)).ToLookup(span => span.ParentSpanId);

        var rows = new List<WaterfallRow>(spans.Count);
        var placed = new HashSet<SpanId>(spans.Count);
        foreach (var root in spans.Where(span => !HasParent(span, byId)).OrderBy(span => span.StartUnixNano))
            Place(root);
        // What is left has parents that form a ring; each ring is broken at its earliest span.
        foreach (var span in spans.OrderBy(span => span.StartUnixNano))
            Place(span);
        return new Waterfall([.. rows], start, UnixTime.Between(start, end));

        // With a stack of its own: a trace may be thousands of spans deep.
        void Place(SpanEntry root)
        {
            var pending = new Stack<(SpanEntry Span, int Depth)>();
            pending.Push((root, 0));
            while (pending.TryPop(out var next))
            {
                if (!placed.Add(next.Span.SpanId))
                    continue;
                var inner = children[next.Span.SpanId].Where(child => !placed.Contains(child.SpanId)).ToArray();
                rows.Add(Row(next.Span, next.Depth, inner.Length > 0, next.Depth > 0 ? byId[next.Span.ParentSpanId] : null, start, end));
                foreach (var child in inner.OrderByDescending(child => child.StartUnixNano))
                    pending.Push((child, next.Depth + 1));
            }
        }
    }

    private static bool HasParent(SpanEntry span, Dictionary<SpanId, SpanEntry> byId) =>
        !span.ParentSpanId.IsEmpty && span.ParentSpanId != span.SpanId && byId.ContainsKey(span.ParentSpanId);

    private static WaterfallRow Row(SpanEntry span, int depth, bool hasChildren, SpanEntry? parent, ulong start, ulong end)
    {
        var length = Math.Max(1.0, end - start);
        var offset = (span.StartUnixNano - start) / length * 100;
        var width = span.EndsBeforeStart ? 0 : (span.EndUnixNano - span.StartUnixNano) / length * 100;
        var early = parent is not null && parent.Source != span.Source && span.StartUnixNano + ToleratedSkewNanoseconds < parent.StartUnixNano;
        return new WaterfallRow(span, depth, hasChildren, Math.Min(offset, 100 - NarrowestBarPercent), Math.Max(width, NarrowestBarPercent), early);
    }
}
