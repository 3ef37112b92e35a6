namespace SimulationManager.Core.Model;

/// <summary>Whether a simulation can be started. On the wire: upper case.</summary>
public enum SimulationStatus
{
    /// <summary>Being written; no client sees it yet.</summary>
    Initiating,

    /// <summary>Ready to start, whatever its last run was.</summary>
    Pending,

    Running,
    Deleting,
    Deleted,
}

/// <summary>The legal moves of a <see cref="SimulationStatus"/>.</summary>
public static class SimulationStatusTransitions
{
    private static readonly Dictionary<SimulationStatus, SimulationStatus[]> Next = new()
    {
        [SimulationStatus.Initiating] = [SimulationStatus.Pending],
        [SimulationStatus.Pending] = [SimulationStatus.Running, SimulationStatus.Deleting],
        [SimulationStatus.Running] = [SimulationStatus.Pending],
        [SimulationStatus.Deleting] = [SimulationStatus.Deleted, SimulationStatus.Pending],
        [SimulationStatus.Deleted] = [],
    };

    /// <summary>True when <paramref name="to"/> may directly follow <paramref name="from"/>.</summary>
    public static bool CanBecome(this SimulationStatus from, SimulationStatus to) => Next[from].Contains(to);
}

/// <summary>How the parts of a plan follow each other. On the wire: lower case.</summary>
public enum PatternType
{
    /// <summary>Ordered steps, one after another.</summary>
    Sequential,

    /// <summary>Groups, all at once.</summary>
    Parallel,
}
