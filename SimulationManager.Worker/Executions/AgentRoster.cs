using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The agents of a part: those of the plan, and those that were added or removed while it played. No number is given twice.</summary>
/// <param name="planned">Those of the plan.</param>
/// <param name="changes">What was changed, in order.</param>
public sealed class AgentRoster(AgentRange planned, IReadOnlyList<AgentCountChange> changes)
{
    /// <summary>What was changed, in order.</summary>
    public IReadOnlyList<AgentCountChange> Changes { get; } = changes;

    /// <summary>Those that were added; null: none.</summary>
    public AgentNumbers? Added { get; } = AgentNumbers.AddedBy(changes);

    /// <summary>Those that were removed; null: none.</summary>
    public AgentNumbers? Removed { get; } = AgentNumbers.RemovedBy(changes);

    /// <summary>How many there ever were.</summary>
    public int Total { get; } = (int)(planned.Last - planned.First + 1) + changes.Where(change => change.Count > 0).Sum(change => change.Count);

    /// <summary>How many they are, without those that were removed.</summary>
    public int Count { get; } = (int)(planned.Last - planned.First + 1) + changes.Sum(change => change.Count);

    /// <summary>The highest number that was given.</summary>
    public long Last => Added is { } added ? added.Ranges[^1].Last : planned.Last;

    /// <summary>All that there ever were, ascending.</summary>
    public IEnumerable<long> Numbers() => planned.Numbers().Concat(Added?.Numbers() ?? []);

    /// <summary>The same with one change more.</summary>
    public AgentRoster With(AgentCountChange change) => new(planned, [.. Changes, change]);
}
