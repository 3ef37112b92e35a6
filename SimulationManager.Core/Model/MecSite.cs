namespace SimulationManager.Core.Model;

/// <summary>A multi-access edge computing site, which a simulation's <see cref="Simulation.MecId"/> may name.</summary>
public sealed class MecSite
{
    public long Id { get; init; }

    /// <summary>Up to 50 characters; unique.</summary>
    public required string Name { get; set; }

    /// <summary>Up to 255 characters.</summary>
    public required string Description { get; set; }

    /// <summary>Where agents publish: one or several addresses separated by blanks (docs/wire.md), up to 2,000 characters; empty: nowhere.</summary>
    public required string Endpoint { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}
