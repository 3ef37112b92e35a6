using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>What a run's positions lie between, and how fast it was to play.</summary>
/// <param name="Start">When it began.</param>
/// <param name="Length">The longest of its bags.</param>
/// <param name="Rate">Speed factor of its first step or group.</param>
public sealed record RunTimes(DateTimeOffset Start, TimeSpan Length, double Rate);

/// <summary>The run that was started.</summary>
public sealed record SimulationStarted(long SimulationId, long ExecutionId, string Status, string PatternType, DateTimeOffset StartedAt);

/// <summary>How a simulation's latest run stands.</summary>
public sealed record SimulationStatusView(long SimulationId, string PatternType, CurrentStatus CurrentStatus);

/// <summary>How a run stands; fields that do not apply are absent.</summary>
public sealed record CurrentStatus
{
    /// <summary><c>PENDING</c>, <c>RUNNING</c>, <c>COMPLETED</c>, <c>FAILED</c> or <c>STOPPED</c>.</summary>
    public required string Status { get; init; }

    /// <summary>One sentence for a person.</summary>
    public required string Message { get; init; }

    public required ExecutionTimestamps Timestamps { get; init; }
    public required ProgressView Progress { get; init; }

    /// <summary>How the agents are to play; absent once the run has ended.</summary>
    public PlaybackView? Playback { get; init; }

    /// <summary>How it goes with what the run listens at, from the worker that listens now; absent once the run has ended.</summary>
    public IReadOnlyList<ListeningStatus>? Listening { get; init; }

    /// <summary>How it goes with the recording of what agents put out, on the workers that play them now; absent once the run has ended.</summary>
    public RecordingStatus? Recording { get; init; }

    /// <summary>Of a sequential simulation.</summary>
    public IReadOnlyList<PartDetail>? StepDetails { get; init; }

    /// <summary>Of a parallel simulation.</summary>
    public IReadOnlyList<PartDetail>? GroupDetails { get; init; }
}

/// <summary>What pause, resume, rate, seek and faults have asked of a run, and how many agents have done so.</summary>
public sealed record PlaybackView
{
    public required bool Paused { get; init; }

    /// <summary>Speed factor that was set during the run; absent: each step's or group's own.</summary>
    public double? Rate { get; init; }

    /// <summary>Where the agents were sent last: seconds of the bag from its start (its first message), whatever <c>startOffset</c> says; absent when they were sent nowhere.</summary>
    public double? Position { get; init; }

    /// <summary>Messages that each agent was let put out since it was paused or sent to a position; absent when none.</summary>
    public long? Released { get; init; }

    /// <summary>Faults that are injected into steps or groups that have not ended, beside those of the plan; absent when there are none.</summary>
    public IReadOnlyList<InjectedFaultsView>? InjectedFaults { get; init; }

    /// <summary>Agents that are to follow; absent while the workers' state cannot be read.</summary>
    public int? Agents { get; init; }

    /// <summary>How many of them have reached what was asked for.</summary>
    public int? AgentsReached { get; init; }
}

/// <summary>How far a run has come: the step fields when it is sequential, the group fields when it is parallel.</summary>
public sealed record ProgressView
{
    /// <summary>Percent, 0–100, one decimal; never goes back.</summary>
    public required double OverallProgress { get; init; }

    /// <summary>The step that runs, or ran last; 0 before the first and once the run has ended.</summary>
    public int? CurrentStep { get; init; }

    public int? CompletedSteps { get; init; }
    public int? TotalSteps { get; init; }
    public int? CompletedGroups { get; init; }
    public int? RunningGroups { get; init; }
    public int? TotalGroups { get; init; }
}

/// <summary>How one step or group of a run stands.</summary>
public sealed record PartDetail
{
    public long? StepOrder { get; init; }
    public long? GroupId { get; init; }
    public required string Status { get; init; }

    /// <summary>Percent, 0–100, one decimal; never goes back.</summary>
    public required double Progress { get; init; }

    /// <summary>Agents of the plan, and those that were added, without those that were removed.</summary>
    public required int AutonomousAgents { get; init; }

    /// <summary>Agents that were added or removed while it played; absent when none were.</summary>
    public IReadOnlyList<AgentChangeView>? AgentChanges { get; init; }

    /// <summary>Repeats that every agent has finished.</summary>
    public required int CurrentRepeat { get; init; }

    public required int TotalRepeats { get; init; }

    /// <summary>Absent until it plays; always there once it has ended.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public DateTimeOffset? FailedAt { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>Which instance failed, and why; absent unless it has failed.</summary>
    public string? Error { get; init; }

    /// <summary>What becomes of its messages at each endpoint; absent where agents publish to nobody.</summary>
    public IReadOnlyList<EndpointReport>? Endpoints { get; init; }

    /// <summary>Messages that faults, of its plan or injected, have met, by kind; absent while there are none.</summary>
    public IReadOnlyDictionary<string, long>? Faults { get; init; }
}

/// <summary>A page of a simulation's runs.</summary>
public sealed record ExecutionPage(IReadOnlyList<ExecutionView> Executions, Pagination Pagination);

/// <summary>One run; in lists without the plan and the details.</summary>
public sealed record ExecutionView
{
    public required long ExecutionId { get; init; }
    public required long SimulationId { get; init; }
    public required string PatternType { get; init; }
    public required CurrentStatus CurrentStatus { get; init; }
    public ExecutionPlanView? ExecutionPlan { get; init; }
}

/// <summary>One run with its plan.</summary>
public sealed record ExecutionDetail(ExecutionView Execution);

/// <summary>A run that was asked to stop.</summary>
public sealed record ExecutionStopped(long SimulationId, long ExecutionId, string Status);
