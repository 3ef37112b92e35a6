using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>Where a robot was when it was recorded, after the messages that were read so far.</summary>
internal record struct RecordedPose
{
    /// <summary>The frame that <see cref="Pose"/> is given in; null: where the robot was is not known.</summary>
    public string? Frame { get; set; }

    /// <summary>Where the robot was in that frame.</summary>
    public Pose Pose { get; set; }

    /// <summary>Whether agents that stand elsewhere than the recorded robot have another <see cref="Pose"/>.</summary>
    public bool IsMoved { get; set; }

    /// <summary>The map in which <see cref="Frame"/> is odometry's frame; null: none, or <see cref="Frame"/> is the map.</summary>
    public string? Map { get; set; }

    /// <summary>Where odometry's frame is on the map. It may come before the robot's pose.</summary>
    public Pose Odometry { get; set; }

    /// <summary>Whether agents that stand elsewhere have another <see cref="Odometry"/>.</summary>
    public bool IsOdometryMoved { get; set; }

    /// <summary>Whether <see cref="Frame"/> is odometry's, not the map.</summary>
    public bool IsByOdometry { get; set; }

    /// <summary>The pose of an agent, in the map if there is one. Only where <see cref="Frame"/> is known.</summary>
    /// <param name="offset">How far the agent is from where the recorded robot was.</param>
    public readonly (string Frame, Pose Pose) Of(PositionOffset offset)
    {
        var pose = IsMoved ? Moved(Pose, offset) : Pose;
        return IsByOdometry && Map is { } map ? (map, Join(IsOdometryMoved ? Moved(Odometry, offset) : Odometry, pose)) : (Frame!, pose);
    }

    private static Pose Moved(in Pose pose, PositionOffset offset) => pose with { X = pose.X + offset.X, Y = pose.Y + offset.Y, Z = pose.Z + offset.Z };

    /// <summary>The pose in the outer frame of one that is given in the inner frame. Both rotations are unit quaternions.</summary>
    private static Pose Join(in Pose outer, in Pose inner)
    {
        var (x, y, z, w) = (outer.Qx, outer.Qy, outer.Qz, outer.Qw);
        // v' = v + 2w(u × v) + 2u × (u × v)
        var (cx, cy, cz) = ((y * inner.Z) - (z * inner.Y), (z * inner.X) - (x * inner.Z), (x * inner.Y) - (y * inner.X));
        return new Pose(
            outer.X + inner.X + (2 * ((w * cx) + (y * cz) - (z * cy))),
            outer.Y + inner.Y + (2 * ((w * cy) + (z * cx) - (x * cz))),
            outer.Z + inner.Z + (2 * ((w * cz) + (x * cy) - (y * cx))),
            (w * inner.Qx) + (x * inner.Qw) + (y * inner.Qz) - (z * inner.Qy),
            (w * inner.Qy) - (x * inner.Qz) + (y * inner.Qw) + (z * inner.Qx),
            (w * inner.Qz) + (x * inner.Qy) - (y * inner.Qx) + (z * inner.Qw),
            (w * inner.Qw) - (x * inner.Qx) - (y * inner.Qy) - (z * inner.Qz));
    }
}
