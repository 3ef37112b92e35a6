namespace SimulationManager.Core.Model;

/// <summary>A fault that was injected into a step or group while its run went on; it acts beside those of the plan.</summary>
/// <param name="Fault">What goes wrong, and for whom. Its <see cref="FaultOptions.At"/> counts from where each agent was when the fault reached it.</param>
/// <param name="Place">0 up to <see cref="FleetOptions.MaxFaults"/> - 1, no two at the same time the same: what it draws follows from the seed and this.</param>
/// <param name="Epoch">The <see cref="Execution.CommandEpoch"/> of the command that injected it.</param>
[GenerateSerializer, Immutable]
public sealed record InjectedFault([property: Id(0)] FaultOptions Fault, [property: Id(1)] int Place, [property: Id(2)] long Epoch);

/// <summary>The faults that are injected into a step or group, in the order in which a message meets them; two are equal when they have the same.</summary>
[GenerateSerializer, Immutable]
public sealed record InjectedFaults
{
    /// <summary>At least one.</summary>
    [Id(0)] public required InjectedFault[] Faults { get; init; }

    /// <summary>Those of a list; null: there are none.</summary>
    public static InjectedFaults? Of(IReadOnlyCollection<InjectedFault> faults) => faults.Count == 0 ? null : new InjectedFaults { Faults = [.. faults] };

    /// <summary>
    /// What is injected once others are asked for. A fault that was injected already goes on as it is. Others get the first places that are free, so that the
    /// same faults, injected anew, meet the same agents.
    /// </summary>
    /// <param name="before">What is injected now.</param>
    /// <param name="faults">What is asked for.</param>
    /// <param name="epoch">The epoch of the command that asks.</param>
    public static InjectedFaults? Replace(InjectedFaults? before, IReadOnlyList<FaultOptions> faults, long epoch)
    {
        var known = (before?.Faults ?? []).ToList();
        var kept = new InjectedFault?[faults.Count];
        for (var index = 0; index < kept.Length; index++)
        {
            if (known.FindIndex(fault => fault.Fault.Equals(faults[index])) is not (>= 0 and var found)) continue;
            kept[index] = known[found];
            known.RemoveAt(found);
        }
        var free = new Queue<int>(Enumerable.Range(0, FleetOptions.MaxFaults).Except(kept.OfType<InjectedFault>().Select(fault => fault.Place)));
        return Of([.. kept.Select((fault, index) => fault ?? new InjectedFault(faults[index], free.Dequeue(), epoch))]);
    }

    public bool Equals(InjectedFaults? other) => other is not null && Faults.AsSpan().SequenceEqual(other.Faults);

    public override int GetHashCode() => Faults.Aggregate(0, HashCode.Combine);
}
