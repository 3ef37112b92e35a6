namespace SimulationManager.Replay.Vda5050;

/// <summary>What the releases of the standard name differently.</summary>
internal sealed class ProtocolNames
{
    private static readonly ProtocolNames s_v21 = new()
    {
        Version = "2.1.0", Interface = "uagv", Major = "v2", ConnectionBroken = "CONNECTIONBROKEN",
        Position = "agvPosition", Localized = "positionInitialized",
        Power = "batteryState", Charge = "batteryCharge", EmergencyStop = "eStop", ActionResult = "resultDescription",
        ClearInstantActions = null,
    };

    private static readonly ProtocolNames s_v30 = new()
    {
        Version = "3.0.0", Interface = "vda5050", Major = "v3", ConnectionBroken = "CONNECTION_BROKEN",
        Position = "mobileRobotPosition", Localized = "localized",
        Power = "powerSupply", Charge = "stateOfCharge", EmergencyStop = "activeEmergencyStop", ActionResult = "actionResult",
        ClearInstantActions = "clearInstantActions",
    };

    public required string Version { get; init; }
    public required string Interface { get; init; }
    public required string Major { get; init; }
    public required string ConnectionBroken { get; init; }
    public required string Position { get; init; }
    public required string Localized { get; init; }
    public required string Power { get; init; }
    public required string Charge { get; init; }
    public required string EmergencyStop { get; init; }
    public required string ActionResult { get; init; }

    /// <summary>The instant action that empties the list of instant actions, where there is one.</summary>
    public required string? ClearInstantActions { get; init; }

    public static ProtocolNames Of(Vda5050Version version) => version == Vda5050Version.V30 ? s_v30 : s_v21;
}
