using SimulationManager.Core.Model;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What one silo is asked to play for one part of an execution.</summary>
[GenerateSerializer, Immutable]
public sealed record CohortOrder
{
    [Id(0)] public required long ExecutionId { get; init; }
    [Id(1)] public required long SimulationId { get; init; }
    [Id(2)] public required long CohortId { get; init; }
    [Id(3)] public required PlannedPart Part { get; init; }

    /// <summary>Which agents, and where each of them goes on; see <see cref="CohortCheckpoint"/>.</summary>
    [Id(4)] public required byte[] Checkpoint { get; init; }

    /// <summary>Speed factor in force.</summary>
    [Id(5)] public required double Rate { get; init; }
}

/// <summary>What a silo found when it made a cohort ready.</summary>
[GenerateSerializer, Immutable]
public sealed record CohortReadiness
{
    /// <summary>Why the bundle cannot be played; null when it can.</summary>
    [Id(0)] public string? Error { get; init; }

    /// <summary>Messages that one agent puts out in one pass.</summary>
    [Id(1)] public int MessagesPerPass { get; init; }
}

/// <summary>How a cohort is doing, a few numbers however many agents it has.</summary>
[GenerateSerializer, Immutable]
public sealed record CohortReport
{
    [Id(0)] public required long CohortId { get; init; }
    [Id(1)] public required int Agents { get; init; }
    [Id(2)] public required int AgentsEnded { get; init; }

    /// <summary>Sum over the agents of the share (0–1) of their repeats that they have played.</summary>
    [Id(3)] public required double Played { get; init; }

    /// <summary>Repeats that every agent has finished.</summary>
    [Id(4)] public required int RepeatsDone { get; init; }

    [Id(5)] public required long MessagesOut { get; init; }
    [Id(6)] public required long MessagesDropped { get; init; }

    /// <summary>An agent that failed, 0 when none has.</summary>
    [Id(7)] public long FailedInstanceId { get; init; }

    [Id(8)] public string? FailedError { get; init; }

    /// <summary>Greatest lateness since the last report, in microseconds.</summary>
    [Id(9)] public long WorstLateness { get; init; }

    /// <summary>True when the silo cannot keep up.</summary>
    [Id(10)] public bool Overloaded { get; init; }

    /// <summary>False while it is only prepared.</summary>
    [Id(11)] public bool Begun { get; init; }
}

/// <summary>The final word on a cohort.</summary>
[GenerateSerializer, Immutable]
public sealed record CohortOutcome
{
    [Id(0)] public required long CohortId { get; init; }
    [Id(1)] public required IReadOnlyList<InstanceOutcome> Instances { get; init; }

    /// <summary>All lateness that the cohort and those it took over from have counted.</summary>
    [Id(2)] public required byte[] Lateness { get; init; }

    /// <summary>Messages that they have left out because they were too late, by topic.</summary>
    [Id(3)] public required IReadOnlyDictionary<string, long> DroppedByTopic { get; init; }
}

/// <summary>The final word on one agent. Lateness in microseconds.</summary>
[GenerateSerializer, Immutable]
public readonly record struct InstanceOutcome(
    [property: Id(0)] long InstanceId,
    [property: Id(1)] AgentState State,
    [property: Id(2)] int RepeatsDone,
    [property: Id(3)] long MessagesOut,
    [property: Id(4)] long MessagesDropped,
    [property: Id(5)] long LatenessP50,
    [property: Id(6)] long LatenessP99,
    [property: Id(7)] long LatenessP999,
    [property: Id(8)] long LatenessMax,
    [property: Id(9)] string? Error);

/// <summary>What a silo has to do, for placing agents.</summary>
[GenerateSerializer, Immutable]
public readonly record struct SiloLoad(
    [property: Id(0)] int Agents,
    [property: Id(1)] double MessageRate,
    [property: Id(2)] bool HasBundle,
    [property: Id(3)] bool Draining);
