using SimulationManager.RosMessages;

namespace SimulationManager.Replay.Vda5050;

/// <summary>Reads one part of a vehicle's movement from the messages of one topic. Immutable.</summary>
internal abstract class MotionSource
{
    /// <summary>Reads a message.</summary>
    /// <returns>False if its numbers are of no use: infinite, or not a number.</returns>
    /// <exception cref="RosMessageException">The payload is cut off or damaged.</exception>
    public abstract bool Read(ReadOnlySpan<byte> payload, ref VehicleMotion motion);

    /// <summary>The angle about z of an orientation; 0 of one that is all zero, as unset ones are.</summary>
    protected static MapTransform Flatten(in Pose pose) => new(
        pose.X, pose.Y,
        Math.Atan2(2 * ((pose.Qw * pose.Qz) + (pose.Qx * pose.Qy)), 1 - (2 * ((pose.Qy * pose.Qy) + (pose.Qz * pose.Qz)))));
}

/// <summary>A <c>geometry_msgs/Pose</c> or <c>Transform</c>.</summary>
internal sealed class PoseSource(FieldAccessor field) : MotionSource
{
    public override bool Read(ReadOnlySpan<byte> payload, ref VehicleMotion motion)
    {
        var pose = Flatten(field.ReadPose(payload));
        if (!pose.IsFinite) return false;
        motion.SetPose(pose);
        return true;
    }
}

/// <summary>Three numbers: <c>turtlesim/Pose</c>, <c>geometry_msgs/Pose2D</c>.</summary>
internal sealed class FlatPoseSource(FieldAccessor x, FieldAccessor y, FieldAccessor theta) : MotionSource
{
    public override bool Read(ReadOnlySpan<byte> payload, ref VehicleMotion motion)
    {
        var pose = new MapTransform(x.ReadNumber(payload), y.ReadNumber(payload), Angles.Normalize(theta.ReadNumber(payload)));
        if (!pose.IsFinite) return false;
        motion.SetPose(pose);
        return true;
    }
}

/// <summary>
/// A <c>tf2_msgs/TFMessage</c>: the chain <c>map</c> → <c>odom</c> → <c>base_link</c> or <c>base_footprint</c>, or its ends at once.
/// What stands before the last <c>/</c> of a frame's name does not count. Until there is a <c>map</c> → <c>odom</c>, they are the same.
/// </summary>
internal sealed class TransformSource : MotionSource
{
    public override bool Read(ReadOnlySpan<byte> payload, ref VehicleMotion motion)
    {
        foreach (var transform in new TransformReader(payload))
        {
            var parent = LastName(transform.FrameId);
            var child = LastName(transform.ChildFrameId);
            var (isOfMap, isOfOdometry) = (parent.SequenceEqual("map"u8), parent.SequenceEqual("odom"u8));
            var isBase = child.SequenceEqual("base_link"u8) || child.SequenceEqual("base_footprint"u8);
            var isOdometry = isOfMap && child.SequenceEqual("odom"u8);
            if (!isOdometry && !(isBase && (isOfMap || isOfOdometry))) continue;
            var pose = Flatten(transform.Pose);
            if (!pose.IsFinite) return false;
            if (isOdometry) motion.Odometry = pose;
            else motion.SetPose(isOfMap ? pose : motion.Odometry.Apply(pose));
        }
        return true;
    }

    private static ReadOnlySpan<byte> LastName(ReadOnlySpan<byte> frame) => frame[(frame.LastIndexOf((byte)'/') + 1)..];
}

/// <summary>The two vectors of a <c>geometry_msgs/Twist</c>.</summary>
internal sealed class TwistSource(FieldAccessor linear, FieldAccessor angular) : MotionSource
{
    public override bool Read(ReadOnlySpan<byte> payload, ref VehicleMotion motion)
    {
        Span<double> numbers = stackalloc double[6];
        linear.ReadFloat64s(payload, numbers[..3]);
        angular.ReadFloat64s(payload, numbers[3..]);
        if (!double.IsFinite(numbers[0]) || !double.IsFinite(numbers[1]) || !double.IsFinite(numbers[5])) return false;
        motion.SetVelocity(numbers[0], numbers[1], numbers[5]);
        return true;
    }
}

/// <summary>Two numbers: <c>turtlesim/Pose</c>.</summary>
internal sealed class FlatTwistSource(FieldAccessor linear, FieldAccessor angular) : MotionSource
{
    public override bool Read(ReadOnlySpan<byte> payload, ref VehicleMotion motion)
    {
        var (vx, omega) = (linear.ReadNumber(payload), angular.ReadNumber(payload));
        if (!double.IsFinite(vx) || !double.IsFinite(omega)) return false;
        motion.SetVelocity(vx, 0, omega);
        return true;
    }
}

/// <summary>A charge, and where the type has it, whether the battery is being charged (<c>power_supply_status</c> is 1).</summary>
internal sealed class BatterySource(FieldAccessor charge, double scale, FieldAccessor? powerSupplyStatus) : MotionSource
{
    private const double Charging = 1;

    public override bool Read(ReadOnlySpan<byte> payload, ref VehicleMotion motion)
    {
        var percent = charge.ReadNumber(payload) * scale;
        var isCharging = powerSupplyStatus?.ReadNumber(payload) == Charging;
        // Not a number is how drivers say that they do not know.
        if (!double.IsFinite(percent)) return double.IsNaN(percent);
        (motion.Charge, motion.IsCharging) = (Math.Clamp(percent, 0, 100), isCharging);
        motion.Updated |= MotionParts.Battery;
        return true;
    }
}
