using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Traces;
using OpenTelemetry.Proto.Collector.Trace.V1;
using ProtoSpan = OpenTelemetry.Proto.Trace.V1.Span;
using ProtoStatus = OpenTelemetry.Proto.Trace.V1.Status;

namespace Aspire.Hosting.Dashboard.Otlp;

/// <summary>Takes the spans of a request into the store and says which ones it refused.</summary>
internal sealed class TraceIngestion(TelemetryStore store, AttributeReader attributes)
{
    public ExportTraceServiceResponse Ingest(ExportTraceServiceRequest request)
    {
        var spans = new List<SpanEntry>();
        var invalid = 0;
        foreach (var group in request.ResourceSpans)
        {
            var source = store.Sources.GetOrAdd(attributes.Read(group.Resource?.Attributes ?? []));
            foreach (var scoped in group.ScopeSpans)
            {
                var scope = attributes.Share(scoped.Scope?.Name ?? "");
                foreach (var span in scoped.Spans)
                {
                    if (Read(span, source, scope) is { } entry)
                        spans.Add(entry);
                    else
                        invalid++;
                }
            }
        }

        var full = spans.Count == 0 ? 0 : store.Traces.Add(spans);
        return invalid + full == 0 ? new ExportTraceServiceResponse() : new ExportTraceServiceResponse
        {
            PartialSuccess = new ExportTracePartialSuccess { RejectedSpans = invalid + full, ErrorMessage = Explain(invalid, full) },
        };
    }

    private string Explain(int invalid, int full) => string.Join(' ', new[]
    {
        invalid > 0 ? $"{invalid} spans have no valid id: a trace id is 16 bytes and a span id 8 bytes, not all zero." : null,
        full > 0 ? $"{full} spans belong to traces that already hold {store.Limits.MaxSpansPerTrace} spans (Dashboard:TelemetryLimits:MaxSpansPerTrace)." : null,
    }.OfType<string>());

    private SpanEntry? Read(ProtoSpan span, TelemetrySource source, string scope)
    {
        if (!TraceId.TryRead(span.TraceId.Span, out var traceId) || !SpanId.TryRead(span.SpanId.Span, out var spanId))
            return null;
        SpanId.TryRead(span.ParentSpanId.Span, out var parent);
        return new SpanEntry
        {
            Source = source,
            Scope = scope,
            TraceId = traceId,
            SpanId = spanId,
            ParentSpanId = parent,
            Name = attributes.Share(attributes.Cut(span.Name)),
            Kind = span.Kind is >= ProtoSpan.Types.SpanKind.Internal and <= ProtoSpan.Types.SpanKind.Consumer ? (SpanKind)span.Kind : SpanKind.Unspecified,
            StartUnixNano = span.StartTimeUnixNano,
            EndUnixNano = span.EndTimeUnixNano,
            Status = span.Status?.Code switch
            {
                ProtoStatus.Types.StatusCode.Ok => SpanStatus.Ok,
                ProtoStatus.Types.StatusCode.Error => SpanStatus.Error,
                _ => SpanStatus.Unset,
            },
            StatusMessage = attributes.Cut(span.Status?.Message ?? ""),
            Attributes = attributes.Read(span.Attributes),
            Events = ReadEvents(span),
            Links = ReadLinks(span),
        };
    }

    private SpanEvent[] ReadEvents(ProtoSpan span) =>
        span.Events.Count == 0 ? [] :
        [
            .. span.Events.Take(store.Limits.MaxSpanEventCount)
                .Select(item => new SpanEvent(item.TimeUnixNano, attributes.Share(attributes.Cut(item.Name)), attributes.Read(item.Attributes))),
        ];

    private SpanLink[] ReadLinks(ProtoSpan span)
    {
        if (span.Links.Count == 0)
            return [];
        var links = new List<SpanLink>();
        foreach (var link in span.Links.Take(store.Limits.MaxSpanLinkCount))
        {
            if (TraceId.TryRead(link.TraceId.Span, out var traceId) && SpanId.TryRead(link.SpanId.Span, out var spanId))
                links.Add(new SpanLink(traceId, spanId, attributes.Read(link.Attributes)));
        }

        return [.. links];
    }
}
