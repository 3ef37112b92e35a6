namespace SimulationManager.Replay.Vda5050;

/// <summary>Where a recording's coordinates lie on the map: they are turned by <see cref="Theta"/>, then moved by <see cref="X"/> and <see cref="Y"/>.</summary>
/// <param name="X">Metres along the map's x.</param>
/// <param name="Y">Metres along the map's y.</param>
/// <param name="Theta">Radians, counter-clockwise.</param>
public readonly record struct MapTransform(double X, double Y, double Theta)
{
    internal bool IsFinite => double.IsFinite(X) && double.IsFinite(Y) && double.IsFinite(Theta);

    /// <summary>The pose on the map of one given in these coordinates. Also joins transforms: the second is given in the frame of the first.</summary>
    internal MapTransform Apply(in MapTransform pose)
    {
        var (sin, cos) = Math.SinCos(Theta);
        return new MapTransform(X + (cos * pose.X) - (sin * pose.Y), Y + (sin * pose.X) + (cos * pose.Y), Angles.Normalize(Theta + pose.Theta));
    }
}

/// <summary>Angles in radians.</summary>
internal static class Angles
{
    /// <summary>The same direction as an angle from -π to π.</summary>
    public static double Normalize(double angle) => Math.IEEERemainder(angle, Math.Tau);
}
