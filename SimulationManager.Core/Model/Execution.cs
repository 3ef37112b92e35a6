namespace SimulationManager.Core.Model;

/// <summary>One run of a simulation: its frozen plan, history and result.</summary>
public sealed class Execution
{
    public long Id { get; init; }
    public required long SimulationId { get; init; }
    public Simulation? Simulation { get; init; }
    public required PatternType PatternType { get; init; }
    public required RunStatus Status { get; set; }

    /// <summary>The plan as it was when the run was started; later edits of the simulation do not reach it.</summary>
    public required ExecutionPlan Plan { get; init; }

    public List<ExecutionPart> Parts { get; init; } = [];

    /// <summary>What a person reads about the state, as <see cref="RunSentences"/> stores it.</summary>
    public required string Message { get; set; }

    /// <summary>Percent, 0–100, one decimal.</summary>
    public double OverallProgress { get; set; }

    /// <summary>Messages that all agents have put out.</summary>
    public long MessagesOut { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastUpdated { get; set; }
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When it completed, failed or was stopped.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Rises with each change of the run's state; of two coordinators that save at the same time, one succeeds.</summary>
    public long StateVersion { get; set; }

    /// <summary>The coordinator that saved the state last.</summary>
    public Guid? Coordinator { get; set; }

    /// <summary>How many commands have been persisted; one whose caller had read a smaller number is refused.</summary>
    public long CommandEpoch { get; set; }

    /// <summary>Whether the run is to stop.</summary>
    public bool StopRequested { get; set; }

    /// <summary>Since when all agents are to be paused; null while they are not.</summary>
    public DateTimeOffset? PausedAt { get; set; }

    /// <summary>Speed that was set during the run; null: each part's own.</summary>
    public double? Rate { get; set; }

    /// <summary>How many times a position was set during the run.</summary>
    public long SeekEpoch { get; set; }

    /// <summary>The position that was set last.</summary>
    public TimeSpan SeekPosition { get; set; }

    /// <summary>Messages that each agent was let put out while it was paused, since the run's start.</summary>
    public long Released { get; set; }

    /// <summary>Of these, those before the last resumption or seek, which agents owe no more.</summary>
    public long ReleasedBefore { get; set; }

    /// <summary>How many times the agents were to be spread over the silos anew.</summary>
    public long RebalanceEpoch { get; set; }

    /// <summary>Messages that were left out because they were too late.</summary>
    public long MessagesDropped { get; set; }

    /// <summary>The request that started it (W3C trace context), so that whoever takes the run up goes on in the same trace.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Lateness of all messages; null before the end.</summary>
    public LatenessSummary? Lateness { get; set; }
}

/// <summary>How late messages went out, in microseconds.</summary>
[GenerateSerializer, Immutable]
public sealed record LatenessSummary([property: Id(0)] long P50, [property: Id(1)] long P99, [property: Id(2)] long P999, [property: Id(3)] long Max);

/// <summary>The run of one step or group within an execution.</summary>
public sealed class ExecutionPart
{
    public long ExecutionId { get; init; }

    /// <summary>The step's order, or the group's id.</summary>
    public required long Number { get; init; }

    public required RunStatus Status { get; set; }

    /// <summary>Percent, 0–100, one decimal.</summary>
    public double Progress { get; set; }

    /// <summary>Agents of the plan, and those that were added, without those that were removed.</summary>
    public required int AutonomousAgents { get; set; }

    /// <summary>Agents that were added or removed while it played, in the order in which that was asked for.</summary>
    public List<AgentCountChange> AgentChanges { get; set; } = [];

    /// <summary>Faults that are injected, in the order in which a message meets them; once it has ended, those that were so last.</summary>
    public List<InjectedFault> InjectedFaults { get; set; } = [];

    /// <summary>Repeats that every agent has finished.</summary>
    public int CurrentRepeat { get; set; }

    public required int TotalRepeats { get; init; }

    /// <summary>The <see cref="Execution.RebalanceEpoch"/> that its cohorts follow.</summary>
    public long RebalanceEpoch { get; set; }

    /// <summary>Messages that all agents would put out in all repeats.</summary>
    public long MessagesPlanned { get; set; }

    public long MessagesOut { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Which instance failed, and why.</summary>
    public string? Error { get; set; }

    /// <summary>Seconds during which its agents were held; the time limit does not count them.</summary>
    public double PausedSeconds { get; set; }

    /// <summary>Messages that were left out because they were too late.</summary>
    public long MessagesDropped { get; set; }

    /// <summary>Of these, how many of each topic, by the name it is played under; topics that lost none are left out.</summary>
    public Dictionary<string, long> DroppedByTopic { get; set; } = [];

    /// <summary>Lateness of its messages; null before its end.</summary>
    public LatenessSummary? Lateness { get; set; }

    /// <summary>The histogram behind <see cref="Lateness"/>, so that parts can be added up; the worker's own form.</summary>
    public byte[]? LatenessBuckets { get; set; }

    /// <summary>What became of its messages at each endpoint; written at its end.</summary>
    public List<EndpointReport> Endpoints { get; set; } = [];

    /// <summary>Messages that faults, of its plan or injected, have met, by <see cref="FaultWords"/>; faults that met none are left out. Written at its end.</summary>
    public Dictionary<string, long> Faults { get; set; } = [];

    /// <summary>When agents did not play because their silo was lost or drained.</summary>
    public List<PlaybackGap> Gaps { get; set; } = [];
}

/// <summary>Agents stood still from their last checkpoint on a lost silo until they went on elsewhere.</summary>
public sealed record PlaybackGap(string Silo, int Agents, DateTimeOffset From, DateTimeOffset To);

/// <summary>
/// Agents of one part that play together on one silo, and where each of them was at most a second ago. The rows of a running
/// part name every agent exactly once; whoever may write a row's checkpoint is the one who plays.
/// </summary>
public sealed class ExecutionCohort
{
    public long ExecutionId { get; init; }

    /// <summary>Rises within an execution with each assignment, so that a lost silo's cohort is never mistaken for its successor.</summary>
    public required long CohortId { get; init; }

    public required long PartNumber { get; init; }

    /// <summary>Address of the silo in Orleans' parsable form.</summary>
    public required string Silo { get; init; }

    /// <summary>How many agents they are.</summary>
    public int Agents { get; set; }

    /// <summary>The cohort that is to hand the agents over; null once it has, and for others.</summary>
    public long? SourceId { get; set; }

    /// <summary>Each agent's repeat, position and counts, in the worker's own compact form.</summary>
    public required byte[] Checkpoint { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>The outcome of one agent of an execution; written when its step or group ends.</summary>
public sealed class ExecutionInstance
{
    public long ExecutionId { get; init; }

    /// <summary>1..n within the execution; part of the name <c>instance-&lt;simulationId&gt;-&lt;instanceId&gt;</c>.</summary>
    public required long InstanceId { get; init; }

    public required long PartNumber { get; init; }
    public required RunStatus Status { get; set; }
    public required int RepeatsCompleted { get; set; }

    /// <summary>Percent, 0–100, one decimal.</summary>
    public required double Progress { get; set; }

    public required long MessagesOut { get; set; }

    /// <summary>Lateness in microseconds.</summary>
    public required long LatenessP50 { get; set; }

    /// <summary>Lateness in microseconds.</summary>
    public required long LatenessP99 { get; set; }

    /// <summary>Lateness in microseconds.</summary>
    public long LatenessP999 { get; set; }

    /// <summary>Lateness in microseconds.</summary>
    public required long LatenessMax { get; set; }

    /// <summary>Messages that were left out because they were too late.</summary>
    public long MessagesDropped { get; set; }

    public string? Silo { get; set; }
    public string? Error { get; set; }

    /// <summary>What became of its messages at each endpoint.</summary>
    public List<EndpointReport> Endpoints { get; set; } = [];

    /// <summary>Messages that faults, of the plan or injected, have met, by <see cref="FaultWords"/>; faults that met none are left out.</summary>
    public Dictionary<string, long> Faults { get; set; } = [];
}
