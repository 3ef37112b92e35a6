namespace SimulationManager.Replay.Vda5050;

/// <summary>Parts of a <see cref="VehicleMotion"/>.</summary>
[Flags]
public enum MotionParts
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><see cref="VehicleMotion.X"/>, <see cref="VehicleMotion.Y"/> and <see cref="VehicleMotion.Theta"/>.</summary>
    Pose = 1,

    /// <summary><see cref="VehicleMotion.Vx"/>, <see cref="VehicleMotion.Vy"/> and <see cref="VehicleMotion.Omega"/>.</summary>
    Velocity = 2,

    /// <summary><see cref="VehicleMotion.Charge"/> and <see cref="VehicleMotion.IsCharging"/>.</summary>
    Battery = 4,
}

/// <summary>Where a robot was and how it moved when it was recorded, after the messages that were read so far (<see cref="VehicleReader"/>).</summary>
public record struct VehicleMotion
{
    /// <summary>The parts that the last message gave.</summary>
    public MotionParts Updated { get; set; }

    /// <summary>The parts that any message gave.</summary>
    public MotionParts Known { get; set; }

    /// <summary>Metres, in the recording's coordinates.</summary>
    public double X { get; set; }

    /// <summary>Metres, in the recording's coordinates.</summary>
    public double Y { get; set; }

    /// <summary>Radians from -π to π, in the recording's coordinates.</summary>
    public double Theta { get; set; }

    /// <summary>Metres per second ahead.</summary>
    public double Vx { get; set; }

    /// <summary>Metres per second to the left.</summary>
    public double Vy { get; set; }

    /// <summary>Radians per second, counter-clockwise.</summary>
    public double Omega { get; set; }

    /// <summary>0 to 100 %.</summary>
    public double Charge { get; set; }

    /// <summary>Whether the battery is being charged.</summary>
    public bool IsCharging { get; set; }

    /// <summary>The pose of <c>odom</c> on the map, where transforms give it.</summary>
    internal MapTransform Odometry { get; set; }

    internal void SetPose(in MapTransform pose)
    {
        (X, Y, Theta) = pose;
        Updated |= MotionParts.Pose;
    }

    internal void SetVelocity(double vx, double vy, double omega)
    {
        (Vx, Vy, Omega) = (vx, vy, omega);
        Updated |= MotionParts.Velocity;
    }
}
