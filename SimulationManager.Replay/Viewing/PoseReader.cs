using System.Text;
using SimulationManager.Replay.Vda5050;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>Reads where a robot was from messages of its recording. Immutable.</summary>
/// <param name="globalFrames">The frames, as recorded and in UTF-8, in which agents may stand elsewhere than the robot.</param>
internal abstract class PoseReader(byte[][] globalFrames)
{
    private const string Transforms = "tf2_msgs/msg/TFMessage";

    /// <summary>Bytes of a frame's name; a longer one is no name.</summary>
    private const int LongestFrame = 256;

    /// <summary>Types that say where a robot is, best first: what comes often, and in one message.</summary>
    private static readonly (string Type, Func<VehicleTopic, byte[][], PoseReader> Create)[] s_kinds =
    [
        ("nav_msgs/msg/Odometry", (topic, global) => new StampedPoseReader(topic.Schema, "pose.pose", global)),
        ("geometry_msgs/msg/PoseWithCovarianceStamped", (topic, global) => new StampedPoseReader(topic.Schema, "pose.pose", global)),
        ("geometry_msgs/msg/PoseStamped", (topic, global) => new StampedPoseReader(topic.Schema, "pose", global)),
        (Transforms, (_, global) => new TransformPoseReader(global)),
        ("turtlesim/msg/Pose", (topic, _) => new FlatPoseReader(topic.Schema)),
        ("turtlesim_msgs/msg/Pose", (topic, _) => new FlatPoseReader(topic.Schema)),
    ];

    /// <summary>Messages before one that may say something of the pose as well; what is further back does not count.</summary>
    public virtual int LookBack => 1;

    /// <summary>Reads a message. One that is damaged, or of no use, changes nothing.</summary>
    /// <param name="payload">The message as recorded.</param>
    /// <param name="pose">What the messages before it said.</param>
    public void Read(ReadOnlySpan<byte> payload, ref RecordedPose pose)
    {
        var before = pose;
        try
        {
            Take(payload, ref pose);
        }
        catch (RosMessageException)
        {
            pose = before;
        }
    }

    /// <summary>Readers of a recording, best first, with the topics that they read, as indexes.</summary>
    /// <param name="timeline">The recording.</param>
    /// <param name="globalFrames">The frames, as recorded, in which agents may stand elsewhere than the robot.</param>
    public static IEnumerable<(PoseReader Reader, int[] Topics)> Of(ReplayTimeline timeline, IEnumerable<string> globalFrames)
    {
        byte[][] global = [.. globalFrames.Select(Encoding.UTF8.GetBytes)];
        VehicleTopic[] topics =
        [
            .. Enumerable.Range(0, timeline.Topics.Count).Where(topic => timeline.SchemaOf(topic) is not null).Select(topic => new VehicleTopic(timeline.RecordedTopics[topic], timeline.SchemaOf(topic)!)),
        ];
        foreach (var (type, create) in s_kinds)
        {
            if (MotionSources.FindPose(topics, type) is not { } topic || TryCreate(() => create(topic, global)) is not { } reader) continue;
            // Transforms come from all who know of one.
            int[] read = [.. Enumerable.Range(0, timeline.Topics.Count).Where(index => type == Transforms ? timeline.TypeOf(index) == type : timeline.RecordedTopics[index] == topic.Name)];
            yield return (reader, read);
        }
    }

    /// <exception cref="RosMessageException">The payload is cut off or damaged.</exception>
    protected abstract void Take(ReadOnlySpan<byte> payload, ref RecordedPose pose);

    /// <summary>A frame's name without the slash that ROS 1 began it with; null: it is none.</summary>
    /// <param name="name">UTF-8.</param>
    /// <param name="known">What it normally is.</param>
    protected static string? FrameOf(ReadOnlySpan<byte> name, string? known)
    {
        if (name is [(byte)'/', ..]) name = name[1..];
        if (name.Length is 0 or > LongestFrame) return null;
        return known is not null && known.Length == name.Length && Ascii.Equals(name, known) ? known : Encoding.UTF8.GetString(name);
    }

    /// <summary>Whether agents may stand elsewhere in a frame.</summary>
    protected bool IsGlobal(ReadOnlySpan<byte> frame)
    {
        foreach (var global in globalFrames)
        {
            if (frame.SequenceEqual(global)) return true;
        }
        return false;
    }

    /// <summary>A pose whose rotation is a unit quaternion, none where it is unset; null: it has numbers that are infinite or none.</summary>
    protected static Pose? Usable(in Pose pose)
    {
        var length = Math.Sqrt((pose.Qx * pose.Qx) + (pose.Qy * pose.Qy) + (pose.Qz * pose.Qz) + (pose.Qw * pose.Qw));
        if (!double.IsFinite(pose.X) || !double.IsFinite(pose.Y) || !double.IsFinite(pose.Z) || !double.IsFinite(length)) return null;
        return length < 1e-9
            ? pose with { Qx = 0, Qy = 0, Qz = 0, Qw = 1 }
            : pose with { Qx = pose.Qx / length, Qy = pose.Qy / length, Qz = pose.Qz / length, Qw = pose.Qw / length };
    }

    private static PoseReader? TryCreate(Func<PoseReader> create)
    {
        try
        {
            return create();
        }
        catch (RosMessageException)
        {
            // The bag has a type of its own under that name.
            return null;
        }
    }
}
