namespace Aspire.Hosting.Dashboard.Telemetry.Traces;

internal enum SpanKind : byte { Unspecified, Internal, Server, Client, Producer, Consumer }

internal enum SpanStatus : byte { Unset, Ok, Error }

internal sealed record SpanEvent(ulong TimeUnixNano, string Name, TelemetryAttribute[] Attributes);

internal sealed record SpanLink(TraceId TraceId, SpanId SpanId, TelemetryAttribute[] Attributes);

/// <summary>One finished span as a service reported it.</summary>
internal sealed class SpanEntry
{
    public required TelemetrySource Source { get; init; }
    public required string Scope { get; init; }
    public required TraceId TraceId { get; init; }
    public required SpanId SpanId { get; init; }
    public SpanId ParentSpanId { get; init; }
    public required string Name { get; init; }
    public SpanKind Kind { get; init; }
    public ulong StartUnixNano { get; init; }
    public ulong EndUnixNano { get; init; }
    public SpanStatus Status { get; init; }
    public string StatusMessage { get; init; } = "";
    public TelemetryAttribute[] Attributes { get; init; } = [];
    public SpanEvent[] Events { get; init; } = [];
    public SpanLink[] Links { get; init; } = [];

    /// <summary>True when the sender's end lies before its start; the duration then counts as zero.</summary>
    public bool EndsBeforeStart => EndUnixNano < StartUnixNano;

    public TimeSpan Duration => UnixTime.Between(StartUnixNano, EndUnixNano);

    public bool IsError => Status == SpanStatus.Error;

    public int EstimatedBytes
    {
        get
        {
            var bytes = 200 + (2 * StatusMessage.Length) + Attributes.EstimatedBytes();
            foreach (var spanEvent in Events)
                bytes += 64 + spanEvent.Attributes.EstimatedBytes();
            foreach (var link in Links)
                bytes += 72 + link.Attributes.EstimatedBytes();
            return bytes;
        }
    }
}
