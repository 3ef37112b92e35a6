using System.ComponentModel;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>The result of a run in one object. Lateness is in microseconds.</summary>
public sealed record ExecutionReport
{
    public required long ExecutionId { get; init; }
    public required long SimulationId { get; init; }
    public required string PatternType { get; init; }
    public required string Status { get; init; }
    public required string Message { get; init; }
    public required double OverallProgress { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    [Description("Seconds from the start to the end, or to now.")]
    public double? Duration { get; init; }

    [Description("What all agents put out when nothing cuts the run short.")]
    public required long MessagesPlanned { get; init; }

    public required long MessagesOut { get; init; }

    [Description("Messages that were left out because they were too late.")]
    public required long MessagesDropped { get; init; }

    [Description("How late messages went out, in microseconds; absent before the end.")]
    public LatenessSummary? Lateness { get; init; }

    public IReadOnlyList<PartReport>? Steps { get; init; }
    public IReadOnlyList<PartReport>? Groups { get; init; }

    [Description("What it has heard of the system under test, as far as it is stored; absent where nothing is.")]
    public IReadOnlyList<ListeningReport>? Listening { get; init; }

    [Description("What it has recorded of what its agents put out, as far as it is stored; absent where nothing is.")]
    public RecordedReport? Recorded { get; init; }

    [Description("Every agent's outcome; written when its step or group ends.")]
    public required IReadOnlyList<InstanceReport> Instances { get; init; }

    [Description("What failed, and why.")]
    public required IReadOnlyList<string> Failures { get; init; }
}

/// <summary>The outcome of one step or group.</summary>
public sealed record PartReport
{
    public long? StepOrder { get; init; }
    public long? GroupId { get; init; }
    public required string Status { get; init; }
    public required double Progress { get; init; }

    [Description("Agents of the plan, and those that were added, without those that were removed.")]
    public required int AutonomousAgents { get; init; }

    [Description("Agents that were added or removed while it played; absent when none were.")]
    public IReadOnlyList<AgentChangeView>? AgentChanges { get; init; }

    public required int CurrentRepeat { get; init; }
    public required int TotalRepeats { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    [Description("Seconds from its start to its end.")]
    public double? Duration { get; init; }

    [Description("Seconds for which its agents were held.")]
    public required double PausedSeconds { get; init; }

    public required long MessagesPlanned { get; init; }
    public required long MessagesOut { get; init; }
    public required long MessagesDropped { get; init; }

    [Description("Of these, how many of each topic, by the name it is played under; topics that lost none are left out.")]
    public required IReadOnlyDictionary<string, long> DroppedByTopic { get; init; }

    public LatenessSummary? Lateness { get; init; }

    [Description("When agents stood still because their silo was lost or drained.")]
    public required IReadOnlyList<PlaybackGap> Gaps { get; init; }

    [Description("What became of its messages at each endpoint.")]
    public required IReadOnlyList<EndpointReport> Endpoints { get; init; }

    [Description("Messages that faults, of its plan or injected, have met, by kind; kinds that met none are left out.")]
    public required IReadOnlyDictionary<string, long> Faults { get; init; }

    public string? Error { get; init; }
}

/// <summary>One agent of a run.</summary>
public sealed record InstanceReport
{
    public required long InstanceId { get; init; }

    [Description("`instance-<simulationId>-<instanceId>`")]
    public required string PodName { get; init; }

    public long? StepOrder { get; init; }
    public long? GroupId { get; init; }
    public required string Status { get; init; }

    [Description("The process that plays or played it.")]
    public string? Silo { get; init; }

    [Description("Nanoseconds of the bag from its start (its first message), whatever `startOffset` says; while it plays.")]
    public long? PositionNanoseconds { get; init; }

    [Description("Percent of the pass that it is playing, one decimal; while it plays.")]
    public double? PositionPercent { get; init; }

    [Description("Percent of all its repeats, one decimal.")]
    public required double Progress { get; init; }

    [Description("Repeats that it has finished.")]
    public required int CurrentRepeat { get; init; }

    public required int TotalRepeats { get; init; }
    public required long MessagesOut { get; init; }
    public required long MessagesDropped { get; init; }

    [Description("Half of its messages were at most this late, in microseconds.")]
    public long? LatenessP50 { get; init; }

    [Description("99 % of its messages were at most this late, in microseconds.")]
    public long? LatenessP99 { get; init; }

    [Description("What became of its messages at each endpoint; once its step or group has ended.")]
    public IReadOnlyList<EndpointReport>? Endpoints { get; init; }

    [Description("Its messages that faults, of the plan or injected, have met, by kind; once its step or group has ended.")]
    public IReadOnlyDictionary<string, long>? Faults { get; init; }

    public string? Error { get; init; }
}

/// <summary>A page of a run's agents.</summary>
public sealed record InstancePage(IReadOnlyList<InstanceReport> Instances, Pagination Pagination);
