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

    /// <summary>Address of the silo that plays it; whoever is named here, and no one else, may write how it fares.</summary>
    public string? Silo { get; set; }

    /// <summary>Where it was, in the worker's own compact form, for another silo to go on from.</summary>
    public byte[]? Checkpoint { get; set; }

    /// <summary>When its silo last said that it plays; null when no silo does.</summary>
    public DateTimeOffset? PlayedAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; set; }

    public static string PodNameOf(long simulationId, long instanceId) => $"instance-{simulationId}-{instanceId}";
}
