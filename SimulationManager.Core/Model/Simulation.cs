namespace SimulationManager.Core.Model;

/// <summary>A plan that can be run: sequential steps or parallel groups.</summary>
public sealed class Simulation
{
    public long Id { get; init; }

    /// <summary>1–30 characters; unique among simulations that are not deleted.</summary>
    public required string Name { get; set; }

    /// <summary>Up to 100 characters.</summary>
    public required string Description { get; set; }

    public required PatternType PatternType { get; init; }
    public required SimulationStatus Status { get; set; }

    /// <summary>Free text up to 50 characters: the edge site that it is meant for.</summary>
    public required string MecId { get; set; }

    /// <summary>What its runs subscribe to and record.</summary>
    public List<ListenOptions> Listen { get; set; } = [];

    /// <summary>What its runs record of what their agents put out; null: nothing.</summary>
    public RecordOptions? Record { get; set; }

    public List<SimulationStep> Steps { get; init; } = [];
    public List<SimulationGroup> Groups { get; init; } = [];

    /// <summary>The last run and its outcome, kept here so that a list page needs no join.</summary>
    public long? LatestExecutionId { get; set; }

    public RunStatus LatestExecutionStatus { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>Label of everything that belongs to this simulation.</summary>
    public string Namespace => NamespaceOf(Id);

    public static string NamespaceOf(long simulationId) => $"simulation-{simulationId}";
}

/// <summary>What a step and a group have in common: agents of one template, repeats and a time limit.</summary>
public abstract class PatternPart
{
    public long Id { get; init; }
    public long SimulationId { get; init; }
    public required long TemplateId { get; set; }
    public Template? Template { get; set; }

    /// <summary>Number of agents, at least 1.</summary>
    public required int AutonomousAgentCount { get; set; }

    /// <summary>Time limit in seconds, at least 1.</summary>
    public required int ExecutionTime { get; set; }

    /// <summary>How often each agent plays its bag, back to back; at least 1.</summary>
    public required int RepeatCount { get; set; }

    public PlaybackOptions? Playback { get; set; }

    /// <summary>Where its agents publish; null: at the site that the simulation names, as recorded.</summary>
    public OutputOptions? Output { get; set; }

    /// <summary>How its agents differ from each other; null: not at all.</summary>
    public FleetOptions? Fleet { get; set; }
}

/// <summary>One step of a sequential simulation.</summary>
public sealed class SimulationStep : PatternPart
{
    /// <summary>1..n with no gap within a simulation.</summary>
    public required int StepOrder { get; set; }

    /// <summary>Pause in seconds between the end of this step and the start of the next.</summary>
    public required int DelayAfterCompletion { get; set; }
}

/// <summary>One group of a parallel simulation; its <see cref="PatternPart.Id"/> is the contract's <c>groupId</c>.</summary>
public sealed class SimulationGroup : PatternPart
{
    public string? GroupName { get; set; }
    public string? AssignedArea { get; set; }
}
