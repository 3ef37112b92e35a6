using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>A pose behind a header that names its frame.</summary>
internal sealed class StampedPoseReader(MessageSchema schema, string path, byte[][] globalFrames) : PoseReader(globalFrames)
{
    private readonly FieldAccessor _pose = PoseOf(schema, path);
    private readonly FieldAccessor _frame = new(schema, "header.frame_id");

    protected override void Take(ReadOnlySpan<byte> payload, ref RecordedPose pose)
    {
        var name = _frame.ReadText(payload);
        if (FrameOf(name, pose.Frame) is { } frame && Usable(_pose.ReadPose(payload)) is { } read) (pose.Frame, pose.Pose, pose.IsMoved) = (frame, read, IsGlobal(name));
    }

    private static FieldAccessor PoseOf(MessageSchema schema, string path)
    {
        var pose = new FieldAccessor(schema, path);
        return pose.IsPose ? pose : throw new RosMessageException(RosMessageError.FieldUnsuitable, $"{schema.Root.Name}.{path} is no pose.");
    }
}

/// <summary>A turtle's three numbers. They are in no frame, and as agents publish them they are never elsewhere.</summary>
internal sealed class FlatPoseReader(MessageSchema schema) : PoseReader([])
{
    private const string Frame = "map";

    private readonly FieldAccessor _x = NumberOf(schema, "x");
    private readonly FieldAccessor _y = NumberOf(schema, "y");
    private readonly FieldAccessor _theta = NumberOf(schema, "theta");

    protected override void Take(ReadOnlySpan<byte> payload, ref RecordedPose pose)
    {
        var (sin, cos) = Math.SinCos(_theta.ReadNumber(payload) / 2);
        if (Usable(new Pose(_x.ReadNumber(payload), _y.ReadNumber(payload), 0, 0, 0, sin, cos)) is { } read) (pose.Frame, pose.Pose) = (Frame, read);
    }

    private static FieldAccessor NumberOf(MessageSchema schema, string name)
    {
        var number = new FieldAccessor(schema, name);
        return number.IsNumber ? number : throw new RosMessageException(RosMessageError.FieldUnsuitable, $"{schema.Root.Name}.{name} is no number.");
    }
}

/// <summary>
/// Transforms: the chain <c>map</c> → <c>odom</c> → <c>base_link</c> or <c>base_footprint</c>, or its ends at once. What stands before the last <c>/</c> of a frame's
/// name does not count. Where there is no <c>map</c> → <c>odom</c>, poses are given in <c>odom</c>.
/// </summary>
internal sealed class TransformPoseReader(byte[][] globalFrames) : PoseReader(globalFrames)
{
    /// <inheritdoc/>
    public override int LookBack => 256;

    protected override void Take(ReadOnlySpan<byte> payload, ref RecordedPose pose)
    {
        foreach (var transform in new TransformReader(payload))
        {
            var parent = LastName(transform.FrameId);
            var child = LastName(transform.ChildFrameId);
            var isOfMap = parent.SequenceEqual("map"u8);
            var isOdometry = isOfMap && child.SequenceEqual("odom"u8);
            var isBase = (isOfMap || parent.SequenceEqual("odom"u8)) && (child.SequenceEqual("base_link"u8) || child.SequenceEqual("base_footprint"u8));
            if ((!isOdometry && !isBase) || Usable(transform.Pose) is not { } read) continue;
            // As positions in payloads are: transforms between two frames in which agents stand elsewhere stay.
            var isMoved = IsGlobal(transform.FrameId) && !IsGlobal(transform.ChildFrameId);
            if (isOdometry && FrameOf(transform.FrameId, pose.Map) is { } map) (pose.Map, pose.Odometry, pose.IsOdometryMoved) = (map, read, isMoved);
            else if (isBase && FrameOf(transform.FrameId, pose.Frame) is { } frame) (pose.Frame, pose.Pose, pose.IsMoved, pose.IsByOdometry) = (frame, read, isMoved, !isOfMap);
        }
    }

    private static ReadOnlySpan<byte> LastName(ReadOnlySpan<byte> frame) => frame[(frame.LastIndexOf((byte)'/') + 1)..];
}
