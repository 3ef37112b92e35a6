using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace SimulationManager.Worker.Executions;

/// <summary>Grain keys that end in the address of the one silo on which the grain lives: <c>&lt;name&gt;~&lt;silo&gt;</c>.</summary>
public static class SiloKey
{
    private const char Separator = '~';

    public static string Of(string name, SiloAddress silo) => $"{name}{Separator}{silo.ToParsableString()}";

    /// <summary>Reads the silo from a key.</summary>
    /// <exception cref="FormatException">The key names none.</exception>
    public static SiloAddress SiloOf(string key)
    {
        var at = key.LastIndexOf(Separator);
        return at < 0 ? throw new FormatException($"The grain key '{key}' names no silo.") : SiloAddress.FromParsableString(key[(at + 1)..]);
    }
}

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
