namespace SimulationManager.Core.Model;

/// <summary>An agent that a person adds to a simulation by hand, outside its plan.</summary>
public sealed class Instance
{
    public long Id { get; init; }
    public required string Name { get; set; }
    public required string Description { get; set; }
    public required long SimulationId { get; init; }
    public Simulation? Simulation { get; init; }
    public required long TemplateId { get; init; }
    public Template? Template { get; init; }

    /// <summary>Whether it was asked to play.</summary>
    public RunStatus Status { get; set; }

    public string? Error { get; set; }

    /// <summary>What it plays, as it was when it was started: later changes of the template do not reach it. Null before the first start.</summary>
    public PlannedPart? Plan { get; set; }

    /// <summary>Rises with each change of what is asked of it, of its status and of who plays it; of two coordinators that save at the same time, one succeeds.</summary>
    public long StateVersion { get; set; }

    /// <summary>The coordinator that saved the state last.</summary>
    public Guid? Coordinator { get; set; }

    /// <summary>How many commands have been persisted; one whose caller had read a smaller number is refused.</summary>
    public long CommandEpoch { get; set; }

    /// <summary>Whether it is to stop.</summary>
    public bool StopRequested { get; set; }

    /// <summary>When it began to play; null while it is made ready, and before the first start.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>The cohort in which it plays; whoever plays this one, and no one else, may save its checkpoint. Null when none does.</summary>
    public long? CohortId { get; set; }

    /// <summary>Address of the silo to which the cohort is assigned.</summary>
    public string? Silo { get; set; }

    /// <summary>Where it was, in the worker's own compact form, for another silo to go on from.</summary>
    public byte[]? Checkpoint { get; set; }

    /// <summary>When it was started, assigned to a silo, or its checkpoint was saved, whichever was last; null when it does not play.</summary>
    public DateTimeOffset? PlayedAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; set; }

    public static string PodNameOf(long simulationId, long instanceId) => $"instance-{simulationId}-{instanceId}";
}
