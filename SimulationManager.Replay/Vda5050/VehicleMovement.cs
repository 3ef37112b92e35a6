namespace SimulationManager.Replay.Vda5050;

/// <summary>Makes a vehicle's pose, velocity and charge of what its recording gives.</summary>
internal sealed class VehicleMovement(Vda5050Options options, VehicleStatus status)
{
    /// <summary>m/s and rad/s from which a vehicle drives, and below which it stands: between the two, noise changes nothing.</summary>
    private const double StartsAt = 0.02, StopsBelow = 0.01;

    /// <summary>Faster than this (m/s) a robot was put, not driven.</summary>
    private const double Implausible = 50;

    /// <summary>Velocity that is not recorded is derived from poses this far apart.</summary>
    private static readonly TimeSpan s_shortestStep = TimeSpan.FromMilliseconds(100);

    /// <summary>A vehicle of whose velocity nothing was heard for so long stands: who drives by commands need not send one to stop.</summary>
    private static readonly TimeSpan s_staleAfter = TimeSpan.FromSeconds(2);

    private DateTimeOffset _velocityAt;
    private MapTransform _stepStart;
    private DateTimeOffset _stepStartAt;

    /// <summary>When <see cref="Tick"/> is due.</summary>
    public DateTimeOffset NextDue => status.IsDriving ? _velocityAt + s_staleAfter : DateTimeOffset.MaxValue;

    /// <summary>Takes what a message gave.</summary>
    /// <returns>Whether the vehicle began or ceased to drive, or to be charged.</returns>
    public bool Observe(in VehicleMotion motion, DateTimeOffset now)
    {
        var wasCharging = status.IsCharging;
        if ((motion.Updated & MotionParts.Battery) != 0 && motion.Charge is >= 0 and <= 100)
            (status.Charge, status.IsCharging) = (motion.Charge, motion.IsCharging);
        if ((motion.Updated & MotionParts.Pose) != 0 && options.Transform.Apply(new MapTransform(motion.X, motion.Y, motion.Theta)) is { IsFinite: true } pose)
        {
            status.Pose = pose;
            status.IsLocalized = true;
            if ((motion.Known & MotionParts.Velocity) == 0) DeriveVelocity(now);
        }
        if ((motion.Updated & MotionParts.Velocity) != 0 && double.IsFinite(motion.Vx + motion.Vy + motion.Omega))
        {
            (status.Vx, status.Vy, status.Omega) = (motion.Vx, motion.Vy, motion.Omega);
            _velocityAt = now;
        }
        return SetDriving() | (wasCharging != status.IsCharging);
    }

    /// <summary>Lets a vehicle stand that was paused, or of whose velocity nothing was heard for long.</summary>
    /// <returns>Whether it ceased to drive.</returns>
    public bool Tick(DateTimeOffset now)
    {
        if (now >= NextDue) (status.Vx, status.Vy, status.Omega) = (0, 0, 0);
        return SetDriving();
    }

    private bool SetDriving()
    {
        if (status.IsPaused) (status.Vx, status.Vy, status.Omega) = (0, 0, 0);
        var least = status.IsDriving ? StopsBelow : StartsAt;
        var isDriving = Math.Abs(status.Vx) >= least || Math.Abs(status.Vy) >= least || Math.Abs(status.Omega) >= least;
        var hasChanged = isDriving != status.IsDriving;
        status.IsDriving = isDriving;
        return hasChanged;
    }

    private void DeriveVelocity(DateTimeOffset now)
    {
        var step = now - _stepStartAt;
        if (step >= TimeSpan.Zero && step < s_shortestStep) return;
        var (dx, dy) = (status.Pose.X - _stepStart.X, status.Pose.Y - _stepStart.Y);
        var seconds = step.TotalSeconds;
        (status.Vx, status.Vy, status.Omega) = (0, 0, 0);
        if (step > TimeSpan.Zero && step <= s_staleAfter && Math.Sqrt((dx * dx) + (dy * dy)) <= Implausible * seconds)
        {
            var (sin, cos) = Math.SinCos(_stepStart.Theta);
            (status.Vx, status.Vy) = (((cos * dx) + (sin * dy)) / seconds, ((cos * dy) - (sin * dx)) / seconds);
            status.Omega = Angles.Normalize(status.Pose.Theta - _stepStart.Theta) / seconds;
        }
        (_stepStart, _stepStartAt, _velocityAt) = (status.Pose, now, now);
    }
}
