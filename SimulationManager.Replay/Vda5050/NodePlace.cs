namespace SimulationManager.Replay.Vda5050;

/// <summary>
/// Where a node is and how close counts as there: an ellipse with the half-axes <paramref name="A"/> and <paramref name="B"/> (metres,
/// more than 0), of which the first points in the direction <paramref name="Tilt"/>, and an angle where one is asked for.
/// </summary>
internal readonly record struct NodePlace(double X, double Y, double? Theta, double A, double B, double Tilt, double? ThetaDeviation)
{
    /// <summary>Farther than this between two poses a robot was put, not driven: a recording that begins anew, a corrected localization.</summary>
    private const double LongestStep = 2;

    /// <summary>The place of a valid node. No deviation, or one of 0, means the usual tolerance of the vehicle (chapter 6.6.6 of 2.1.0, 7.3 of 3.0.0).</summary>
    public static NodePlace Of(ReceivedPosition position, Vda5050Options options)
    {
        var deviation = OrderValidation.DeviationOf(position, options.Version)!;
        return new NodePlace(
            position.X, position.Y, position.Theta,
            deviation.A > 0 ? deviation.A : options.NodeDeviation, deviation.B > 0 ? deviation.B : options.NodeDeviation, deviation.Theta,
            position.AllowedDeviationTheta is { } angle ? Math.Abs(angle) : null);
    }

    /// <summary>Whether a vehicle that came straight from one pose to another was there, and is turned as it should be.</summary>
    public bool IsPassed(in MapTransform from, in MapTransform to)
    {
        if (Theta is { } theta && ThetaDeviation is { } allowed && Math.Abs(Angles.Normalize(to.Theta - theta)) > allowed) return false;
        var (endX, endY) = InEllipse(to);
        if ((endX * endX) + (endY * endY) <= 1) return true;
        if (Math.Abs(from.X - to.X) > LongestStep || Math.Abs(from.Y - to.Y) > LongestStep) return false;

        // The point of the way that is closest to the centre, where the ellipse is a circle with the radius 1.
        var (startX, startY) = InEllipse(from);
        var (stepX, stepY) = (endX - startX, endY - startY);
        var length = (stepX * stepX) + (stepY * stepY);
        if (length == 0) return false;
        var part = Math.Clamp(-((startX * stepX) + (startY * stepY)) / length, 0, 1);
        var (x, y) = (startX + (part * stepX), startY + (part * stepY));
        return (x * x) + (y * y) <= 1;
    }

    private (double X, double Y) InEllipse(in MapTransform pose)
    {
        var (sin, cos) = Math.SinCos(Tilt);
        var (dx, dy) = (pose.X - X, pose.Y - Y);
        return (((cos * dx) + (sin * dy)) / A, ((cos * dy) - (sin * dx)) / B);
    }
}
