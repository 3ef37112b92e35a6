namespace SimulationManager.Core.Model;

/// <summary>Where the agents of a step or group publish, frozen when the run starts.</summary>
[GenerateSerializer, Immutable]
public sealed record PlannedOutput
{
    /// <summary>The simulation's number, a level of topics.</summary>
    [Id(0)] public required string Simulation { get; init; }

    /// <summary>The endpoints, one address each; empty: agents publish to nobody.</summary>
    [Id(1)] public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>What is changed in what they publish; its endpoints are in <see cref="Endpoints"/>.</summary>
    [Id(2)] public OutputOptions? Options { get; init; }
}
