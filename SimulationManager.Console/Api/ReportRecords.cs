namespace SimulationManager.Console.Api;

/// <summary>What came out of a run, or is known of it so far; durations in seconds.</summary>
public sealed record ExecutionReport(
    string Status, string Message, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, double? Duration, long MessagesPlanned, long MessagesOut, long MessagesDropped,
    LatenessSummary? Lateness, IReadOnlyList<PartReport>? Steps, IReadOnlyList<PartReport>? Groups, IReadOnlyList<string> Failures)
{
    /// <summary>Its steps or its groups.</summary>
    public IReadOnlyList<PartReport> Parts => Steps ?? Groups ?? [];
}

/// <summary>The outcome of one step or group.</summary>
public sealed record PartReport(
    long? StepOrder, long? GroupId, string Status, int AutonomousAgents, int CurrentRepeat, double? Duration, double PausedSeconds, long MessagesPlanned, long MessagesOut, long MessagesDropped,
    LatenessSummary? Lateness, IReadOnlyList<PlaybackGap> Gaps, IReadOnlyList<EndpointReport> Endpoints, IReadOnlyDictionary<string, long> Faults)
{
    public long Number => StepOrder ?? GroupId ?? 0;
}

/// <summary>Microseconds.</summary>
public sealed record LatenessSummary(long P50, long P99, long P999, long Max);

/// <summary>When agents stood still because their worker was lost or drained.</summary>
public sealed record PlaybackGap(string Silo, int Agents, DateTimeOffset From, DateTimeOffset To);

/// <summary>What became of messages at one endpoint.</summary>
/// <param name="Endpoint">Its address without options.</param>
/// <param name="Out">Messages that were handed over to the network.</param>
/// <param name="Resent">Messages that were sent once more.</param>
/// <param name="Reconnects">Connections that were made anew.</param>
/// <param name="Lost">Messages that were not published, by reason.</param>
public sealed record EndpointReport(string Endpoint, long Out, long Resent, long Reconnects, IReadOnlyDictionary<string, long> Lost);
