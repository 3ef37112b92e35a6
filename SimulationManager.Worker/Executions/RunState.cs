using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Everything that a coordinator decides on and that outlives it: what is asked of the run, what it has reached, and which silo
/// plays which agents. It is persisted as a whole under a version, by one coordinator at a time.
/// </summary>
public sealed record RunState
{
    public required RunKey Key { get; init; }
    public required long SimulationId { get; init; }
    public required ExecutionPlan Plan { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The request that started the run (W3C trace context).</summary>
    public string? TraceParent { get; init; }

    /// <summary>Rises by one with each change that is persisted.</summary>
    public required long Version { get; init; }

    public required RunStatus Status { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What commands have asked for.</summary>
    public DesiredPlayback Desired { get; init; } = new();

    /// <summary>The parts in the plan's order.</summary>
    public required IReadOnlyList<PartState> Parts { get; init; }

    /// <summary>The sentence about the run that was persisted last; how it ended, once it has.</summary>
    public string Message { get; init; } = "";

    public bool IsSequential => Plan.PatternType == PatternType.Sequential;

    /// <summary>Whether a part plays that has not ended.</summary>
    public bool AnyRunning => Parts.Any(part => part.Status == RunStatus.Running);

    /// <summary>The part to which a cohort belongs; null when the cohort was replaced or its part has ended.</summary>
    public PartState? PartOf(long cohortId) => Parts.FirstOrDefault(part => part.Cohorts.Any(cohort => cohort.Id == cohortId));

    /// <summary>The same state with one part replaced.</summary>
    public RunState With(PartState part) => this with { Parts = [.. Parts.Select(other => other.Number == part.Number ? part : other)] };
}

/// <summary>What commands have asked of a run.</summary>
public sealed record DesiredPlayback
{
    /// <summary>How many commands have been persisted; one whose caller had seen fewer is refused.</summary>
    public long CommandEpoch { get; init; }

    public bool Stop { get; init; }

    /// <summary>Since when agents are to be paused; null while they are not.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>Speed factor; null: each part's own.</summary>
    public double? Rate { get; init; }

    /// <summary>How many times a position was set; a cohort that has followed fewer still has to go there.</summary>
    public long SeekEpoch { get; init; }

    /// <summary>The position that was set last, from the bag's first message.</summary>
    public TimeSpan SeekPosition { get; init; }

    /// <summary>Messages that each agent was let put out while it was paused, since the run's start. Only rises, so that none is put out twice or left out, whatever gets lost or repeated.</summary>
    public long Released { get; init; }

    /// <summary>The <see cref="Released"/> of the last resumption or seek: what was let go before that, agents owe no more.</summary>
    public long ReleasedBefore { get; init; }

    /// <summary>How many times the agents were to be spread over the silos anew.</summary>
    public long RebalanceEpoch { get; init; }
}

/// <summary>One step or group of a <see cref="RunState"/>.</summary>
public sealed record PartState
{
    public required PlannedPart Plan { get; init; }

    /// <summary>Its agents' numbers within the execution.</summary>
    public required AgentRoster Agents { get; init; }

    public required RunStatus Status { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Seconds of pauses that have ended, since the part began.</summary>
    public double PausedSeconds { get; init; }

    public long MessagesPlanned { get; init; }

    /// <summary>Faults that are injected; null: none.</summary>
    public InjectedFaults? Injected { get; init; }

    /// <summary>What became of its messages at each endpoint; known at its end.</summary>
    public IReadOnlyList<EndpointReport> Endpoints { get; init; } = [];

    /// <summary>Messages that faults, of its plan or injected, have met, by kind; known at its end.</summary>
    public IReadOnlyDictionary<string, long> Faults { get; init; } = new Dictionary<string, long>();

    /// <summary>Which agent failed and why. A part that runs and has one is to end FAILED.</summary>
    public string? Error { get; init; }

    public IReadOnlyList<PlaybackGap> Gaps { get; init; } = [];

    /// <summary>The cohorts that its agents are assigned to; none before the assignment and after the end.</summary>
    public IReadOnlyList<CohortState> Cohorts { get; init; } = [];

    /// <summary>The <see cref="DesiredPlayback.RebalanceEpoch"/> that its cohorts follow.</summary>
    public long RebalanceEpoch { get; init; }

    /// <summary>The cohorts that have agents; the others wait for one of these to hand some over.</summary>
    public IEnumerable<CohortState> Manned => Cohorts.Where(cohort => cohort.Source is null);

    /// <summary>How many of its agents, the last ones, were added and are assigned to no silo yet; all of them before the part is made ready.</summary>
    public int Unassigned => Agents.Total - Manned.Sum(cohort => cohort.Agents);

    /// <summary>Counts as they were persisted last; final once the part has ended.</summary>
    public PartCounts Counts { get; init; }

    public long Number => Plan.Number;

    public TimeSpan Limit => TimeSpan.FromSeconds(Plan.ExecutionTime);

    /// <summary>How long it has played, without pauses.</summary>
    public TimeSpan Elapsed(DesiredPlayback desired, DateTimeOffset now)
    {
        if (StartedAt is not { } start) return TimeSpan.Zero;
        return (EndedAt ?? now) - start - Paused(desired, now);
    }

    /// <summary>How long it has been paused since it began, with the pause that goes on.</summary>
    public TimeSpan Paused(DesiredPlayback desired, DateTimeOffset now)
    {
        var before = TimeSpan.FromSeconds(PausedSeconds);
        if (EndedAt is not null || StartedAt is not { } start || desired.PausedAt is not { } since) return before;
        return before + (now - (since > start ? since : start));
    }
}

/// <summary>How far a part has come.</summary>
/// <param name="Progress">Percent, 0–100, one decimal.</param>
/// <param name="CurrentRepeat">Repeats that every agent has finished.</param>
/// <param name="MessagesOut">Messages that its agents have put out.</param>
public readonly record struct PartCounts(double Progress, int CurrentRepeat, long MessagesOut);

/// <summary>Agents of a part on one silo.</summary>
/// <param name="Id">Unique within the execution; a successor has a greater one.</param>
/// <param name="Silo">The silo in Orleans' parsable form.</param>
/// <param name="Agents">How many; of one that waits for agents, how many it is to get.</param>
/// <param name="Source">The cohort of the same part that is to hand agents over to this one, which has none before.</param>
public sealed record CohortState(long Id, string Silo, int Agents, long? Source = null);
