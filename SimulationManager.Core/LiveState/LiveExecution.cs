using System.Linq.Expressions;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.LiveState;

/// <summary>Everything that a status read needs about an execution, in one Redis value.</summary>
[GenerateSerializer, Immutable]
public sealed record LiveExecution
{
    [Id(0)] public required long ExecutionId { get; init; }
    [Id(1)] public required long SimulationId { get; init; }
    [Id(2)] public required PatternType PatternType { get; init; }
    [Id(3)] public required RunStatus Status { get; init; }
    [Id(4)] public required string Message { get; init; }
    [Id(5)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(6)] public required DateTimeOffset LastUpdated { get; init; }
    [Id(7)] public DateTimeOffset? StartedAt { get; init; }
    [Id(8)] public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Percent, 0–100, one decimal.</summary>
    [Id(9)] public required double OverallProgress { get; init; }

    [Id(10)] public required long MessagesOut { get; init; }
    [Id(11)] public required IReadOnlyList<LivePart> Parts { get; init; }

    /// <summary>What commands have asked for, and who follows it; null for a run that was never started.</summary>
    [Id(12)] public LivePlayback? Playback { get; init; }

    /// <summary>How it goes with what the run listens at; null: it does not listen, or has ended.</summary>
    [Id(13)] public List<ListeningStatus>? Listening { get; init; }

    /// <summary>How it goes with the recording of what agents put out; null: none is made, or the run has ended.</summary>
    [Id(14)] public RecordingStatus? Recording { get; init; }

    /// <summary>Without the parts, for a query: only what a status shows is read. A row's plan alone is more than all of that.</summary>
    public static readonly Expression<Func<Execution, LiveExecution>> Projection = execution => new LiveExecution
    {
        ExecutionId = execution.Id,
        SimulationId = execution.SimulationId,
        PatternType = execution.PatternType,
        Status = execution.Status,
        Message = execution.Message,
        CreatedAt = execution.CreatedAt,
        LastUpdated = execution.LastUpdated,
        StartedAt = execution.StartedAt,
        EndedAt = execution.EndedAt,
        OverallProgress = execution.OverallProgress,
        MessagesOut = execution.MessagesOut,
        Parts = Array.Empty<LivePart>(),
        Playback = new LivePlayback
        {
            Paused = execution.PausedAt != null,
            Rate = execution.Rate,
            Position = execution.SeekEpoch == 0 ? null : execution.SeekPosition,
            Released = execution.Released - execution.ReleasedBefore,
        },
    };

    private static readonly Func<Execution, LiveExecution> s_of = Projection.Compile();

    /// <summary>An execution as status readers see it.</summary>
    /// <param name="execution">The run.</param>
    /// <param name="parts">Its parts in the plan's order.</param>
    public static LiveExecution Of(Execution execution, IEnumerable<ExecutionPart> parts) =>
        // An array: what a collection expression makes of an interface is a type that Orleans cannot send.
        s_of(execution) with { Parts = parts.Select(LivePart.Of).ToArray() };
}

/// <summary>How the agents of a run are to play.</summary>
[GenerateSerializer, Immutable]
public sealed record LivePlayback
{
    [Id(0)] public required bool Paused { get; init; }

    /// <summary>Speed factor that was set during the run; null: each part's own.</summary>
    [Id(1)] public double? Rate { get; init; }

    /// <summary>The position that was set last, from the bag's first message; null: none was.</summary>
    [Id(2)] public TimeSpan? Position { get; init; }

    /// <summary>Agents of parts that play and that have not all ended; null when only PostgreSQL could be asked.</summary>
    [Id(3)] public int? Agents { get; init; }

    /// <summary>How many of them have done what was asked for.</summary>
    [Id(4)] public int? AgentsReached { get; init; }

    /// <summary>Messages that each agent was let put out since it was paused or sent to a position.</summary>
    [Id(5)] public long Released { get; init; }
}

/// <summary>The live state of one step or group.</summary>
[GenerateSerializer, Immutable]
public sealed record LivePart
{
    /// <summary>The step's order, or the group's id.</summary>
    [Id(0)] public required long Number { get; init; }

    [Id(1)] public required RunStatus Status { get; init; }

    /// <summary>Percent, 0–100, one decimal.</summary>
    [Id(2)] public required double Progress { get; init; }

    /// <summary>Agents of the plan, and those that were added, without those that were removed.</summary>
    [Id(3)] public required int AutonomousAgents { get; init; }

    /// <summary>Repeats that every agent has finished.</summary>
    [Id(4)] public required int CurrentRepeat { get; init; }

    [Id(5)] public required int TotalRepeats { get; init; }
    [Id(6)] public required long MessagesPlanned { get; init; }
    [Id(7)] public required long MessagesOut { get; init; }
    [Id(8)] public DateTimeOffset? StartedAt { get; init; }
    [Id(9)] public DateTimeOffset? EndedAt { get; init; }
    [Id(10)] public string? Error { get; init; }

    /// <summary>What becomes of its messages at each endpoint.</summary>
    [Id(11)] public List<EndpointReport> Endpoints { get; init; } = [];

    /// <summary>Messages that faults, of its plan or injected, have met, by <see cref="FaultWords"/>.</summary>
    [Id(12)] public Dictionary<string, long> Faults { get; init; } = [];

    /// <summary>Agents that were added or removed while it played.</summary>
    [Id(13)] public List<AgentCountChange> AgentChanges { get; init; } = [];

    /// <summary>Faults that are injected, in the order in which a message meets them.</summary>
    [Id(14)] public List<InjectedFault> InjectedFaults { get; init; } = [];

    /// <summary>The same as <see cref="Of"/>, for a query.</summary>
    public static readonly Expression<Func<ExecutionPart, LivePart>> Projection = part => new LivePart
    {
        Number = part.Number,
        Status = part.Status,
        Progress = part.Progress,
        AutonomousAgents = part.AutonomousAgents,
        CurrentRepeat = part.CurrentRepeat,
        TotalRepeats = part.TotalRepeats,
        MessagesPlanned = part.MessagesPlanned,
        MessagesOut = part.MessagesOut,
        StartedAt = part.StartedAt,
        EndedAt = part.EndedAt,
        Error = part.Error,
        Endpoints = part.Endpoints,
        Faults = part.Faults,
        AgentChanges = part.AgentChanges,
        InjectedFaults = part.InjectedFaults,
    };

    private static readonly Func<ExecutionPart, LivePart> s_of = Projection.Compile();

    internal static LivePart Of(ExecutionPart part) => s_of(part);
}
