using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What a cohort is to do.</summary>
public enum CohortOrder
{
    /// <summary>Get ready and wait for the others.</summary>
    Wait,

    /// <summary>Play, or be paused, as the rest of the directive says.</summary>
    Play,

    /// <summary>End all agents and report their outcomes.</summary>
    End,

    /// <summary>Forget the agents: they have ended or were assigned to another silo.</summary>
    Release,
}

/// <summary>What a run asks of a cohort. A cohort gets one in the answer to each of its reports and converges on it.</summary>
[GenerateSerializer, Immutable]
public sealed record Directive
{
    /// <summary>For a cohort that the run does not have.</summary>
    public static readonly Directive Release = new() { Version = long.MaxValue, Order = CohortOrder.Release };

    /// <summary>The version of the <see cref="RunState"/> that it follows from. A cohort ignores one that is older than what it has followed.</summary>
    [Id(0)] public required long Version { get; init; }

    [Id(1)] public required CohortOrder Order { get; init; }
    [Id(2)] public bool Paused { get; init; }

    /// <summary>Speed factor.</summary>
    [Id(3)] public double Rate { get; init; }

    /// <summary>A cohort that has followed a smaller one goes to <see cref="SeekPosition"/>.</summary>
    [Id(4)] public long SeekEpoch { get; init; }

    [Id(5)] public TimeSpan SeekPosition { get; init; }

    /// <summary>Messages that each agent was let put out while it was paused; one that has followed a smaller number puts out the difference.</summary>
    [Id(8)] public long Released { get; init; }

    /// <summary>How many of them nobody owes any more.</summary>
    [Id(9)] public long ReleasedBefore { get; init; }

    /// <summary>How long the agents may still play, without pauses.</summary>
    [Id(6)] public TimeSpan Left { get; init; }

    /// <summary>Agents that it is to hand over to another cohort; null: none.</summary>
    [Id(7)] public HandOver? HandOver { get; init; }

    /// <summary>Agents that were added to the part, wherever they play; null: none.</summary>
    [Id(10)] public AgentNumbers? Added { get; init; }

    /// <summary>Agents of the part that are to end, wherever they play; null: none.</summary>
    [Id(11)] public AgentNumbers? Removed { get; init; }

    /// <summary>What its agents meet beside the faults of the plan; null: nothing.</summary>
    [Id(12)] public InjectedFaults? Faults { get; init; }

    /// <summary>Whether agents that follow another one do what this one asks for.</summary>
    public bool IsReachedBy(Directive? other) => other is not null
        && (Order, Paused, Rate, SeekEpoch, Released, Removed, Faults) == (other.Order, other.Paused, other.Rate, other.SeekEpoch, other.Released, other.Removed, other.Faults);

    /// <summary>Whether it asks for the same as another, whatever time has passed.</summary>
    public bool AsksTheSameAs(Directive? other) => other is not null && this with { Version = 0, Left = default } == other with { Version = 0, Left = default };
}

/// <summary>Asks a cohort to hand agents over to another one of its part, which is ready to play them.</summary>
/// <param name="CohortId">The other one.</param>
/// <param name="Agents">How many at most.</param>
[GenerateSerializer, Immutable]
public sealed record HandOver([property: Id(0)] long CohortId, [property: Id(1)] int Agents);

/// <summary>How far a cohort is.</summary>
public enum CohortPhase
{
    /// <summary>Its bundle is fetched and opened.</summary>
    Preparing,

    /// <summary>Its agents can begin, or it can take agents over.</summary>
    Ready,

    /// <summary>Its agents have begun.</summary>
    Playing,

    /// <summary>All its agents have ended; <see cref="CohortReport.Outcome"/> says how.</summary>
    Ended,

    /// <summary>Its silo shuts down and has saved where the agents are, for another silo.</summary>
    HandedOver,
}

/// <summary>How a cohort is doing: a few numbers, however many agents it has.</summary>
[GenerateSerializer, Immutable]
public sealed record CohortReport
{
    [Id(0)] public required long CohortId { get; init; }
    [Id(1)] public required CohortPhase Phase { get; init; }

    /// <summary>Messages that one agent puts out in one pass.</summary>
    [Id(3)] public int MessagesPerPass { get; init; }

    /// <summary>Sum over the agents of the share (0–1) of their repeats that they have played.</summary>
    [Id(4)] public double Played { get; init; }

    /// <summary>How many agents these are: those that were not removed.</summary>
    [Id(16)] public int PlayedAgents { get; init; }

    /// <summary>Repeats that every agent has finished.</summary>
    [Id(5)] public int RepeatsDone { get; init; }

    [Id(6)] public long MessagesOut { get; init; }

    /// <summary>An agent that failed, 0 when none has.</summary>
    [Id(7)] public long FailedInstanceId { get; init; }

    /// <summary>Why it failed, or why a cohort that waits for agents cannot play them.</summary>
    [Id(8)] public string? FailedError { get; init; }

    /// <summary>True when the silo cannot keep up.</summary>
    [Id(9)] public bool Overloaded { get; init; }

    /// <summary>How its agents have ended; null before that.</summary>
    [Id(10)] public CohortOutcome? Outcome { get; init; }

    /// <summary>The cohort to which it has handed agents over last; 0: none.</summary>
    [Id(11)] public long HandedOverTo { get; init; }

    /// <summary>What its agents follow; null before they have begun.</summary>
    [Id(12)] public Directive? Followed { get; init; }

    /// <summary>What becomes of its agents' messages at each endpoint.</summary>
    [Id(13)] public EndpointShare[] Endpoints { get; init; } = [];

    /// <summary>Messages that all agents of the part together, as far as the directive that it follows names them, leave out in their first pass, because they do not begin at its start.</summary>
    [Id(14)] public long MessagesLeftOut { get; init; }

    /// <summary>Messages that faults have met, as <see cref="FaultCounts.ToArray"/> has them.</summary>
    [Id(15)] public long[] Faults { get; init; } = [];

    /// <summary>How it goes with the recording of what the run's agents on the silo put out; null: none is made.</summary>
    [Id(17)] public RecordingStatus? Recording { get; init; }
}

/// <summary>How the agents of a cohort have ended.</summary>
[GenerateSerializer, Immutable]
public sealed record CohortOutcome
{
    [Id(0)] public required IReadOnlyList<InstanceOutcome> Instances { get; init; }

    /// <summary>All lateness that the cohort and those it took over from have counted.</summary>
    [Id(1)] public required byte[] Lateness { get; init; }

    /// <summary>Messages that they have left out because they were too late, by topic.</summary>
    [Id(2)] public required IReadOnlyDictionary<string, long> DroppedByTopic { get; init; }

    /// <summary>What became of their messages at each endpoint.</summary>
    [Id(3)] public EndpointShare[] Endpoints { get; init; } = [];

    /// <summary>What a checkpoint says of agents that cannot report any more.</summary>
    internal static CohortOutcome Of(CohortCheckpoint checkpoint)
    {
        var (endpoints, byAgent) = checkpoint.CountPendingLost();
        return new CohortOutcome
        {
            Lateness = checkpoint.Lateness.ToBytes(),
            DroppedByTopic = checkpoint.DroppedByTopic,
            Endpoints = endpoints,
            Instances = [.. checkpoint.Agents.Select(agent => new InstanceOutcome(
                agent.InstanceId, agent.State.HasEnded() ? agent.State : AgentState.Stopped, agent.RepeatsDone, agent.MessagesOut, agent.Dropped,
                0, 0, 0, 0, agent.Error, byAgent.GetValueOrDefault(agent.InstanceId), agent.Faults.ToArray()))],
        };
    }
}

/// <summary>How one agent has ended. Lateness in microseconds; counts at each endpoint as <see cref="PublishCounts.ToArray"/>, faults as <see cref="FaultCounts.ToArray"/> has them.
/// Progress as <see cref="AgentProgress"/> has it; null: it plays over and over, or only a checkpoint tells of it.</summary>
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
    [property: Id(9)] string? Error,
    [property: Id(10)] long[][]? Endpoints = null,
    [property: Id(11)] long[]? Faults = null,
    [property: Id(12)] double? Progress = null);

/// <summary>What a silo has to do, for the assignment of agents.</summary>
[GenerateSerializer, Immutable]
public readonly record struct SiloLoad(
    [property: Id(0)] int Agents,
    [property: Id(1)] double MessageRate,
    [property: Id(2)] bool HasBundle,
    [property: Id(3)] bool Draining,
    [property: Id(4)] bool Overloaded = false);
