namespace SimulationManager.Worker.Executions;

/// <summary>
/// What a coordinator has heard since it was activated: cohorts' reports and the cluster's members. It is lost with the
/// coordinator; its successor hears it again from the next reports.
/// </summary>
internal sealed class RunObservations
{
    private readonly Dictionary<long, CohortObservation> _cohorts = [];

    /// <summary>Members of the cluster in good standing, in Orleans' parsable form.</summary>
    public IReadOnlySet<string> ActiveSilos { get; set; } = new HashSet<string>();

    /// <summary>Silos to which agents of a part may be assigned, by the part's number; there from the answer of the silos to the assignment.</summary>
    public Dictionary<long, IReadOnlyList<(SiloAddress Silo, SiloLoad Load)>> Candidates { get; } = [];

    /// <summary>When agents of a part were last spread, and over which silos, by the part's number.</summary>
    public Dictionary<long, (DateTimeOffset At, IReadOnlySet<string> Silos)> Spread { get; } = [];

    /// <summary>What is known of a cohort.</summary>
    public CohortObservation this[long cohortId]
    {
        get
        {
            if (!_cohorts.TryGetValue(cohortId, out var cohort)) _cohorts[cohortId] = cohort = new CohortObservation();
            return cohort;
        }
    }

    /// <summary>Whether others must take a cohort's agents over: its silo has left, or has saved them for others.</summary>
    public bool IsLost(CohortState cohort) => !ActiveSilos.Contains(cohort.Silo) || this[cohort.Id].Report is { Phase: CohortPhase.HandedOver };

    /// <summary>Whether a cohort that waits for agents will not get them: its source is gone, or its silo cannot play them.</summary>
    public bool WaitsInVain(PartState part, CohortState cohort) =>
        cohort.Source is { } source && (part.Cohorts.All(other => other.Id != source) || this[cohort.Id].Report is { FailedError: not null });

    /// <summary>Forgets cohorts that the run does not have any more.</summary>
    public void Keep(RunState state)
    {
        var kept = state.Parts.SelectMany(part => part.Cohorts).Select(cohort => cohort.Id).ToHashSet();
        foreach (var id in _cohorts.Keys.Where(id => !kept.Contains(id)).ToArray()) _cohorts.Remove(id);
    }
}

/// <summary>What a coordinator knows of one cohort.</summary>
internal sealed class CohortObservation
{
    /// <summary>Its last report; null before the first.</summary>
    public CohortReport? Report { get; set; }

    /// <summary>When it was last heard, as a timestamp.</summary>
    public long? HeardAt { get; set; }

    /// <summary>When its silo was last asked to play it, as a timestamp.</summary>
    public long? AskedAt { get; set; }

    /// <summary>What it was sent last without having asked.</summary>
    public Directive? Sent { get; set; }

    /// <summary>When it was first sent that it is to end.</summary>
    public DateTimeOffset? EndSentAt { get; set; }
}
