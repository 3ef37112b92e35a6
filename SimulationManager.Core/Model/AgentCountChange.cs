namespace SimulationManager.Core.Model;

/// <summary>Agents that were added to, or removed from, a part of a run while it played.</summary>
[GenerateSerializer, Immutable]
public sealed record AgentCountChange
{
    /// <summary>Changes of one part in a run, at most: each addition makes a cohort of its own.</summary>
    public const int MaxPerPart = 200;

    /// <summary>The command that asked for it; one that is delivered again changes nothing.</summary>
    [Id(0)] public required Guid Id { get; init; }

    [Id(1)] public required DateTimeOffset At { get; init; }

    /// <summary>How many were added; negative: removed.</summary>
    [Id(2)] public required int Count { get; init; }

    /// <summary>Which they are, ascending.</summary>
    [Id(3)] public required AgentRange[] Agents { get; init; }

    /// <summary>The <see cref="Execution.SeekEpoch"/> at that time: agents that are added go to no position that was set before.</summary>
    [Id(4)] public long SeekEpoch { get; init; }

    /// <summary>The <see cref="Execution.Released"/> at that time: agents that are added do not owe what was let go before.</summary>
    [Id(5)] public long Released { get; init; }
}

/// <summary>Agents with consecutive numbers.</summary>
/// <param name="First">Number of the first.</param>
/// <param name="Last">Number of the last.</param>
[GenerateSerializer, Immutable]
public readonly record struct AgentRange([property: Id(0)] long First, [property: Id(1)] long Last)
{
    /// <summary>The numbers.</summary>
    public IEnumerable<long> Numbers()
    {
        for (var number = First; number <= Last; number++) yield return number;
    }

    /// <summary>Numbers as ranges.</summary>
    /// <param name="ascending">The numbers, each once, ascending.</param>
    public static AgentRange[] Of(IEnumerable<long> ascending) => Join(ascending.Select(number => new AgentRange(number, number)));

    /// <summary>The same agents in as few ranges as there can be.</summary>
    /// <param name="ascending">Ranges that do not overlap, ascending.</param>
    internal static AgentRange[] Join(IEnumerable<AgentRange> ascending)
    {
        List<AgentRange> ranges = [];
        foreach (var range in ascending)
        {
            if (ranges.Count > 0 && ranges[^1].Last == range.First - 1) ranges[^1] = ranges[^1] with { Last = range.Last };
            else ranges.Add(range);
        }
        return [.. ranges];
    }
}

/// <summary>A set of agents' numbers as ranges; two are equal when they have the same numbers.</summary>
[GenerateSerializer, Immutable]
public sealed record AgentNumbers
{
    /// <summary>The ranges, ascending, with a gap between any two.</summary>
    [Id(0)] public required AgentRange[] Ranges { get; init; }

    /// <summary>Agents that changes have added; null: none.</summary>
    public static AgentNumbers? AddedBy(IEnumerable<AgentCountChange> changes) => Of(changes.Where(change => change.Count > 0));

    /// <summary>Agents that changes have removed; null: none.</summary>
    public static AgentNumbers? RemovedBy(IEnumerable<AgentCountChange> changes) => Of(changes.Where(change => change.Count < 0));

    private static AgentNumbers? Of(IEnumerable<AgentCountChange> changes) =>
        AgentRange.Join(changes.SelectMany(change => change.Agents).OrderBy(range => range.First)) is { Length: > 0 } ranges ? new AgentNumbers { Ranges = ranges } : null;

    /// <summary>The numbers, ascending.</summary>
    public IEnumerable<long> Numbers() => Ranges.SelectMany(range => range.Numbers());

    /// <summary>Whether an agent is one of them.</summary>
    public bool Contains(long agent)
    {
        var (from, to) = (0, Ranges.Length);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (Ranges[middle].Last < agent) from = middle + 1;
            else to = middle;
        }
        return from < Ranges.Length && Ranges[from].First <= agent;
    }

    public bool Equals(AgentNumbers? other) => other is not null && Ranges.AsSpan().SequenceEqual(other.Ranges);

    public override int GetHashCode() => Ranges.Aggregate(0, HashCode.Combine);
}
