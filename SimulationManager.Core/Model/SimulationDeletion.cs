namespace SimulationManager.Core.Model;

/// <summary>How far the deletion of a simulation, or one step of it, has come. On the wire: upper case.</summary>
public enum DeletionStatus
{
    Pending,
    Running,
    Completed,
    Failed,
}

/// <summary>The deletion of a simulation, which goes on in the background and survives a restart.</summary>
public sealed class SimulationDeletion
{
    public required long SimulationId { get; init; }
    public required DeletionStatus Status { get; set; }

    /// <summary>Ends what still belongs to the simulation: agents that were added by hand.</summary>
    public DeletionStatus NamespaceStep { get; set; }

    /// <summary>Forgets its live state.</summary>
    public DeletionStatus RedisStep { get; set; }

    /// <summary>Marks it deleted; history is kept.</summary>
    public DeletionStatus DatabaseStep { get; set; }

    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; set; }
    public string? ErrorMessage { get; set; }
}
