namespace SimulationManager.Generation;

/// <summary>What a driver asks of the robot.</summary>
/// <param name="Forward">Metres per second.</param>
/// <param name="Turn">Radians per second, counter-clockwise.</param>
internal readonly record struct DriveCommand(double Forward, double Turn);

/// <summary>A robot with two driven wheels, about the size of a TurtleBot: it follows commands as fast as its motors allow.</summary>
internal sealed class DifferentialDrive
{
    public const double Radius = 0.2;
    public const double MaxForward = 0.6;
    public const double MaxTurn = 1.4;
    public const double MaxForwardAcceleration = 0.8;
    public const double MaxTurnAcceleration = 3.0;

    public double X { get; private set; }

    public double Y { get; private set; }

    /// <summary>Heading, radians, counter-clockwise from the x axis, in [-π, π).</summary>
    public double Yaw { get; private set; }

    public double Forward { get; private set; }

    public double Turn { get; private set; }

    /// <summary>Acceleration ahead, m/s².</summary>
    public double ForwardAcceleration { get; private set; }

    /// <summary>Drives for a time with the motors pulling towards the command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="seconds">A short time; the path in it is taken as an arc.</param>
    public void Advance(DriveCommand command, double seconds)
    {
        var before = Forward;
        Forward = Approach(Forward, command.Forward, MaxForwardAcceleration * seconds);
        Turn = Approach(Turn, command.Turn, MaxTurnAcceleration * seconds);
        ForwardAcceleration = (Forward - before) / seconds;
        var (sin, cos) = Angle.SinCos(Angle.Wrap(Yaw + (Turn * seconds / 2)));
        X += Forward * cos * seconds;
        Y += Forward * sin * seconds;
        Yaw = Angle.Wrap(Yaw + (Turn * seconds));
    }

    private static double Approach(double value, double target, double step) =>
        Math.Abs(target - value) <= step ? target : value + (target > value ? step : -step);
}
