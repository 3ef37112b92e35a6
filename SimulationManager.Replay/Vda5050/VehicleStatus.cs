namespace SimulationManager.Replay.Vda5050;

/// <summary>All that a vehicle's state tells.</summary>
internal sealed class VehicleStatus
{
    /// <summary>On the map; the origin until the recording has given one.</summary>
    public MapTransform Pose { get; set; }

    /// <summary>Whether the recording has given a pose.</summary>
    public bool IsLocalized { get; set; }

    /// <summary>Metres per second ahead.</summary>
    public double Vx { get; set; }

    /// <summary>Metres per second to the left.</summary>
    public double Vy { get; set; }

    /// <summary>Radians per second, counter-clockwise.</summary>
    public double Omega { get; set; }

    public bool IsDriving { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>0 to 100 %.</summary>
    public double Charge { get; set; }

    public bool IsCharging { get; set; }

    public OrderProgress Order { get; set; } = new();

    public InstantActionList InstantActions { get; } = new();

    public VehicleErrors Errors { get; } = new();
}
