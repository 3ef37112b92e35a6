namespace SimulationManager.Replay.Vda5050;

/// <summary>What a vehicle must know to go on on another machine: the rest comes with the recording's next messages.</summary>
internal sealed record VehicleCheckpoint
{
    public required Vda5050Version Version { get; init; }
    public required bool IsPaused { get; init; }
    public required uint ConnectionId { get; init; }
    public required uint StateId { get; init; }
    public required uint VisualizationId { get; init; }
    public required uint FactsheetId { get; init; }
    public required OrderProgress Order { get; init; }
    public required IReadOnlyList<InstantAction> InstantActions { get; init; }
}
