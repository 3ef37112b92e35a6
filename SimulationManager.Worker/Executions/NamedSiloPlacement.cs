using Orleans.Placement;
using Orleans.Runtime.Placement;
using SimulationManager.Core.Grains;

namespace SimulationManager.Worker.Executions;

/// <summary>Places a grain on the silo that its key names.</summary>
[GenerateSerializer, Immutable]
public sealed class NamedSiloPlacement : PlacementStrategy;

/// <summary>Marks a grain class whose keys are <see cref="SiloKey"/>s.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PlacedOnNamedSiloAttribute() : PlacementAttribute(new NamedSiloPlacement());

/// <summary>Acts for <see cref="NamedSiloPlacement"/>; a silo that is gone is an error, never replaced by another.</summary>
public sealed class NamedSiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silo = SiloKey.SiloOf(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(silo)
            ? Task.FromResult(silo)
            : throw new SiloUnavailableException($"{silo} is not there any more.");
    }
}
