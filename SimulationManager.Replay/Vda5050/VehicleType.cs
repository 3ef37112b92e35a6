namespace SimulationManager.Replay.Vda5050;

/// <summary>What the factsheet says of the type of vehicle. The defaults are those of a small differential-drive robot.</summary>
public sealed record VehicleType
{
    /// <summary>Name of the series (<c>seriesName</c>).</summary>
    public string SeriesName { get; init; } = "Replayed robot";

    /// <summary>Text for people (<c>seriesDescription</c>).</summary>
    public string Description { get; init; } = "A virtual robot that replays a recording.";

    /// <summary>The drive.</summary>
    public VehicleKinematics Kinematics { get; init; }

    /// <summary>What the vehicle is for.</summary>
    public VehicleClass Class { get; init; } = VehicleClass.Carrier;

    /// <summary>Kilograms, 0 or more.</summary>
    public double MaxLoadMass { get; init; } = 50;

    /// <summary>Least speed in m/s, 0 or more.</summary>
    public double MinSpeed { get; init; } = 0.05;

    /// <summary>Greatest speed in m/s, 0 or more.</summary>
    public double MaxSpeed { get; init; } = 1.5;

    /// <summary>Greatest acceleration in m/s², 0 or more.</summary>
    public double MaxAcceleration { get; init; } = 1;

    /// <summary>Greatest deceleration in m/s², 0 or more.</summary>
    public double MaxDeceleration { get; init; } = 1.5;

    /// <summary>Metres, 0 or more.</summary>
    public double Height { get; init; } = 0.5;

    /// <summary>Metres, 0 or more.</summary>
    public double Width { get; init; } = 0.6;

    /// <summary>Metres, 0 or more.</summary>
    public double Length { get; init; } = 0.8;

    /// <summary>
    /// Types of the actions that orders may hold; orders with others are rejected, and the factsheet lists these. Null: every action is
    /// accepted, and the factsheet lists the usual ones. Whatever its type, an action has no effect on a replayed robot.
    /// </summary>
    public IReadOnlyList<string>? OrderActions { get; init; }

    internal IEnumerable<double> Measures => [MaxLoadMass, MinSpeed, MaxSpeed, MaxAcceleration, MaxDeceleration, Height, Width, Length];
}

/// <summary>A vehicle's drive (<c>agvKinematic</c>, <c>mobileRobotKinematics</c>).</summary>
public enum VehicleKinematics
{
    /// <summary>Differential drive.</summary>
    Differential,

    /// <summary>Omnidirectional.</summary>
    Omnidirectional,

    /// <summary>Three wheels, one of them steered.</summary>
    ThreeWheel,
}

/// <summary>What a vehicle is for (<c>agvClass</c>, <c>mobileRobotClass</c>).</summary>
public enum VehicleClass
{
    /// <summary>Forklift.</summary>
    Forklift,

    /// <summary>A vehicle with conveyors on it.</summary>
    Conveyor,

    /// <summary>Tugger.</summary>
    Tugger,

    /// <summary>A load carrier.</summary>
    Carrier,
}
