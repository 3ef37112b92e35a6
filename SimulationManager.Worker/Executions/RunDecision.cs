namespace SimulationManager.Worker.Executions;

/// <summary>What a coordinator does next.</summary>
/// <param name="Save">The change of the state that is persisted before anything else happens; null: none.</param>
/// <param name="Unassigned">Parts for whose agents silos are to be found.</param>
internal sealed record RunDecision(RunSave? Save, IReadOnlyList<long> Unassigned)
{
    public static readonly RunDecision Nothing = new(null, []);
}

/// <summary>A change of a run's state, persisted in one transaction.</summary>
/// <param name="Next">The state afterwards; its version is one more than that of the state that it follows.</param>
public sealed record RunSave(RunState Next)
{
    /// <summary>Agents that are assigned to silos; null: none.</summary>
    public PartAssignment? Assignment { get; init; }

    /// <summary>Agents that are to move to other silos; null: none.</summary>
    public PartRebalancing? Rebalancing { get; init; }

    /// <summary>Agents that are to be removed, if enough remain; null: none.</summary>
    public PartRemoval? Removal { get; init; }

    /// <summary>The parts that end with their agents' outcomes.</summary>
    public IReadOnlyList<PartEnding> Endings { get; init; } = [];

    /// <summary>Why the run as a whole ends when no part says it.</summary>
    public string? Reason { get; init; }
}

/// <summary>Assigns agents of a part to silos.</summary>
/// <param name="Number">The part.</param>
/// <param name="Replaced">The cohorts whose agents they are; empty: those that have no silo, which have not begun.</param>
/// <param name="Silos">The silos to choose from, at least one.</param>
/// <param name="At">Now.</param>
public sealed record PartAssignment(long Number, IReadOnlyList<long> Replaced, IReadOnlyList<(SiloAddress Silo, SiloLoad Load)> Silos, DateTimeOffset At);

/// <summary>Removes agents of a part that plays, unless none that plays would remain.</summary>
/// <param name="Number">The part.</param>
/// <param name="Id">The command that asked for it.</param>
/// <param name="Agents">How many, at least 1.</param>
/// <param name="At">Now.</param>
public sealed record PartRemoval(long Number, Guid Id, int Agents, DateTimeOffset At);

/// <summary>Moves agents of a part that plays to other silos.</summary>
/// <param name="Number">The part.</param>
/// <param name="Moves">What moves; none when the silos have about the same to do.</param>
/// <param name="At">Now.</param>
public sealed record PartRebalancing(long Number, IReadOnlyList<CohortMove> Moves, DateTimeOffset At);

/// <summary>Moves agents of a cohort to another silo.</summary>
/// <param name="CohortId">The cohort that hands them over.</param>
/// <param name="Silo">Where they go.</param>
/// <param name="Agents">How many.</param>
public sealed record CohortMove(long CohortId, SiloAddress Silo, int Agents);

/// <summary>Ends a part.</summary>
/// <param name="Number">The part.</param>
/// <param name="Outcomes">Its cohorts' outcomes by the cohort's id. One that is missing is made of the cohort's last checkpoint.</param>
public sealed record PartEnding(long Number, IReadOnlyDictionary<long, CohortOutcome> Outcomes)
{
    /// <summary>Percent, 0–100, that it was shown to have played.</summary>
    public double Shown { get; init; }
}
