using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What one cohort, with those it took over from, has published to one endpoint.</summary>
[GenerateSerializer, Immutable]
public sealed record EndpointShare
{
    [Id(0)] public required string Endpoint { get; init; }

    /// <summary>As <see cref="PublishCounts.ToArray"/> has them.</summary>
    [Id(1)] public required long[] Counts { get; init; }

    [Id(2)] public required byte[] HandedOver { get; init; }
    [Id(3)] public required byte[] AcknowledgedAfter { get; init; }
    [Id(4)] public int Connections { get; init; }
    [Id(5)] public int Connected { get; init; }
    [Id(6)] public string? Error { get; init; }
    [Id(7)] public string[] Warnings { get; init; } = [];

    internal static EndpointShare Of(EndpointStatus status) => new()
    {
        Endpoint = status.Endpoint.ToString(),
        Counts = status.Counts.ToArray(),
        HandedOver = status.HandedOver.ToBytes(),
        AcknowledgedAfter = status.AcknowledgedAfter.ToBytes(),
        Connections = status.Connections,
        Connected = status.Connected,
        Error = status.Error,
        Warnings = [.. status.Warnings],
    };

    /// <summary>The same endpoints' shares added up, in their order; a cohort that has nothing to say of them is left out.</summary>
    internal static IReadOnlyList<EndpointShare> Sum(IEnumerable<IReadOnlyList<EndpointShare>> shares) =>
    [
        .. shares.SelectMany(cohort => cohort).GroupBy(share => share.Endpoint).Select(group => group.Aggregate((one, other) => one with
        {
            Counts = (PublishCounts.FromArray(one.Counts) + PublishCounts.FromArray(other.Counts)).ToArray(),
            HandedOver = Sum(one.HandedOver, other.HandedOver),
            AcknowledgedAfter = Sum(one.AcknowledgedAfter, other.AcknowledgedAfter),
            Connections = one.Connections + other.Connections,
            Connected = one.Connected + other.Connected,
            Error = one.Error ?? other.Error,
            Warnings = other.Warnings.Length > 0 ? other.Warnings : one.Warnings,
        })),
    ];

    /// <summary>As readers of a run see it.</summary>
    internal EndpointReport ToReport() => ReportOf(Endpoint, Counts) with
    {
        Connections = Connections,
        Connected = Connected,
        Error = Error,
        Warnings = [.. Warnings],
        HandedOver = SummaryOf(HandedOver),
        AcknowledgedAfter = SummaryOf(AcknowledgedAfter),
    };

    /// <summary>The counts alone.</summary>
    internal static EndpointReport ReportOf(string endpoint, long[] numbers)
    {
        var counts = PublishCounts.FromArray(numbers);
        return new EndpointReport
        {
            Endpoint = endpoint,
            Out = counts.Out,
            Acknowledged = counts.Acknowledged,
            Bytes = counts.Bytes,
            Resent = counts.Resent,
            Reconnects = counts.Reconnects,
            Unchanged = counts.Unchanged,
            Lost = counts.Lost.Index().Where(loss => loss.Item > 0).ToDictionary(loss => NameOf((LossReason)loss.Index), loss => loss.Item),
        };
    }

    /// <summary>As readers of a run and of metrics see it.</summary>
    internal static string NameOf(LossReason reason) => char.ToLowerInvariant(reason.ToString()[0]) + reason.ToString()[1..];

    private static byte[] Sum(byte[] one, byte[] other)
    {
        var sum = Read(one);
        sum.Add(Read(other));
        return sum.ToBytes();
    }

    private static LatenessSummary? SummaryOf(byte[] bytes) => Read(bytes) is { Count: > 0 } histogram ? PartOutcome.Summarise(histogram) : null;

    private static LatenessHistogram Read(ReadOnlySpan<byte> bytes) => LatenessHistogram.Read(ref bytes);
}
