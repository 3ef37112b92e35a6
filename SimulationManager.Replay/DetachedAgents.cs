namespace SimulationManager.Replay;

/// <summary>Agents that were taken out of a cohort.</summary>
public sealed class DetachedAgents
{
    internal DetachedAgents(IReadOnlyList<AgentCheckpoint> agents, ReplayAgent[][] taken) => (Agents, Taken) = (agents, taken);

    /// <summary>Where each of them is at the same time; a position may be past messages that have yet to go out.</summary>
    public IReadOnlyList<AgentCheckpoint> Agents { get; }

    /// <summary>By the cohort's shares.</summary>
    internal ReplayAgent[][] Taken { get; }
}
