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
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; set; }

    public static string PodNameOf(long simulationId, long instanceId) => $"instance-{simulationId}-{instanceId}";
}
