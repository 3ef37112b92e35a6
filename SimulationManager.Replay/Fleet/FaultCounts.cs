namespace SimulationManager.Replay;

/// <summary>Messages of an agent that faults have met, by kind.</summary>
/// <param name="Dropped">Lost.</param>
/// <param name="Delayed">Went out later.</param>
/// <param name="Duplicated">Went out twice.</param>
/// <param name="Reordered">Went out after the agent's next one.</param>
/// <param name="Frozen">Lost while the agent was frozen.</param>
/// <param name="Disconnected">Lost while the agent was cut off.</param>
public readonly record struct FaultCounts(long Dropped, long Delayed, long Duplicated, long Reordered, long Frozen, long Disconnected)
{
    /// <summary>The numbers in the order of <see cref="FleetFaultKind"/>.</summary>
    public long[] ToArray() => [Dropped, Delayed, Duplicated, Reordered, Frozen, Disconnected];

    /// <summary>Counts of numbers as <see cref="ToArray"/> has them; those that are missing are 0.</summary>
    public static FaultCounts FromArray(ReadOnlySpan<long> numbers)
    {
        Span<long> all = stackalloc long[6];
        numbers[..Math.Min(numbers.Length, all.Length)].CopyTo(all);
        return new FaultCounts(all[0], all[1], all[2], all[3], all[4], all[5]);
    }

    /// <summary>The sums.</summary>
    public static FaultCounts operator +(FaultCounts one, FaultCounts other) => new(
        one.Dropped + other.Dropped, one.Delayed + other.Delayed, one.Duplicated + other.Duplicated,
        one.Reordered + other.Reordered, one.Frozen + other.Frozen, one.Disconnected + other.Disconnected);

    internal FaultCounts Plus(FleetFaultKind kind) => kind switch
    {
        FleetFaultKind.Drop => this with { Dropped = Dropped + 1 },
        FleetFaultKind.Delay => this with { Delayed = Delayed + 1 },
        FleetFaultKind.Duplicate => this with { Duplicated = Duplicated + 1 },
        FleetFaultKind.Reorder => this with { Reordered = Reordered + 1 },
        FleetFaultKind.Freeze => this with { Frozen = Frozen + 1 },
        _ => this with { Disconnected = Disconnected + 1 },
    };
}
