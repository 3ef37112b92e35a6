using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Where runs' states are persisted.</summary>
public interface IRunStore
{
    /// <summary>A run's state; null when there is no such run.</summary>
    Task<RunState?> LoadAsync(long id, CancellationToken cancellationToken);

    /// <summary>
    /// Persists a change in one transaction: states, counts, cohorts and every ended agent's outcome. Repeating a change that was
    /// persisted already succeeds.
    /// </summary>
    /// <param name="coordinator">Who saves.</param>
    /// <param name="before">The state that the change follows.</param>
    /// <param name="save">The change.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The state as persisted, with the agents that have ended with it; null when another coordinator has persisted a change meanwhile.</returns>
    Task<RunSaved?> SaveAsync(Guid coordinator, RunState before, RunSave save, CancellationToken cancellationToken);

    /// <summary>Whether no other coordinator has persisted a change since a state.</summary>
    Task<bool> IsCurrentAsync(RunState state, CancellationToken cancellationToken);
}

/// <summary>Where runs that no coordinator may attend to are found.</summary>
public interface IRunSource
{
    /// <summary>Runs that ought to be under way and may have no coordinator.</summary>
    Task<List<RunKey>> ListUnattendedAsync(DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>A change that was persisted.</summary>
/// <param name="State">The state since then.</param>
/// <param name="Ended">The agents that have ended with it.</param>
public sealed record RunSaved(RunState State, IReadOnlyList<ExecutionInstance> Ended);

/// <summary>Where cohorts find what they play and save where their agents are.</summary>
public interface ICohortStore
{
    /// <summary>What a cohort is to play; null when it was replaced or its part has ended.</summary>
    Task<CohortAssignment?> LoadAsync(CohortKey key, CancellationToken cancellationToken);

    /// <summary>Saves where the agents are. False: the cohort was replaced or its part has ended, and nothing was saved.</summary>
    Task<bool> SaveAsync(CohortKey key, CohortCheckpoint checkpoint, CancellationToken cancellationToken);

    /// <summary>Hands agents over to a cohort that waits for them, in one transaction. Repeating one that was persisted succeeds.</summary>
    /// <param name="key">The cohort that has the agents.</param>
    /// <param name="kept">Where the agents are that it keeps.</param>
    /// <param name="to">The cohort that gets the others.</param>
    /// <param name="given">Where those are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False: one of the two was replaced or ended, and nothing was saved.</returns>
    Task<bool> HandOverAsync(CohortKey key, CohortCheckpoint kept, long to, CohortCheckpoint given, CancellationToken cancellationToken);
}

/// <summary>What a cohort plays, and from where.</summary>
/// <param name="Part">What its agents play.</param>
/// <param name="Checkpoint">Which agents, and where each of them goes on.</param>
/// <param name="IsWaiting">Whether it has no agents before another cohort hands some over.</param>
public sealed record CohortAssignment(PlannedPart Part, CohortCheckpoint Checkpoint, bool IsWaiting)
{
    /// <summary>The number of the part's first agent within the run.</summary>
    public long FirstAgent { get; init; } = 1;

    /// <summary>The run's simulation; 0 where there is none.</summary>
    public long SimulationId { get; init; }

    /// <summary>What is recorded of what the agents put out; null: nothing.</summary>
    public RecordOptions? Record { get; init; }
}

/// <summary>What runs.</summary>
public enum RunKind
{
    /// <summary>A run of a simulation.</summary>
    Execution,

    /// <summary>One agent that a person added by hand.</summary>
    Instance,
}

/// <summary>Names a run.</summary>
/// <param name="Kind">What runs.</param>
/// <param name="Id">The execution's or the instance's id.</param>
[GenerateSerializer, Immutable]
public readonly record struct RunKey([property: Id(0)] RunKind Kind, [property: Id(1)] long Id)
{
    public override string ToString() => $"{(Kind == RunKind.Execution ? "execution" : "instance")} {Id}";
}

/// <summary>Names a cohort.</summary>
/// <param name="Run">Its run.</param>
/// <param name="CohortId">Unique within the run.</param>
[GenerateSerializer, Immutable]
public readonly record struct CohortKey([property: Id(0)] RunKey Run, [property: Id(1)] long CohortId)
{
    public override string ToString() => $"{CohortId} of {Run}";
}

/// <summary>The silos of the cluster, as a coordinator sees and reaches them.</summary>
public interface ISilos
{
    /// <summary>Members in good standing, in Orleans' parsable form.</summary>
    IReadOnlySet<string> Active { get; }

    /// <summary>Silos that take agents, with what they have to do. A silo that does not answer in time is left out.</summary>
    Task<IReadOnlyList<(SiloAddress Silo, SiloLoad Load)>> ListAsync(IReadOnlyList<PlannedFile> bundle);

    /// <summary>Asks a silo to play a cohort that is assigned to it.</summary>
    Task PlayAsync(string silo, CohortKey cohort);

    /// <summary>Sends a cohort what it is to do.</summary>
    Task FollowAsync(string silo, CohortKey cohort, Directive directive);
}

/// <summary>The coordinators, as a cohort reaches them.</summary>
public interface ICoordinators
{
    /// <summary>Reports to the coordinator of a run and returns what the cohort is to do.</summary>
    Task<Directive> ReportAsync(RunKey run, CohortReport report);
}
