using SimulationManager.RosMessages;

namespace SimulationManager.Replay.Vda5050;

/// <summary>
/// Reads a vehicle's movement from a recording's messages: made once for a recording's topics and a mapping, shared by all agents that
/// play them and by any number of threads. A message allocates nothing.
/// </summary>
/// <remarks>
/// Without a mapping, the pose is that of a <c>geometry_msgs/PoseWithCovarianceStamped</c>, else a <c>geometry_msgs/PoseStamped</c> (topics
/// with <c>goal</c> or <c>initialpose</c> in their name apart), a <c>nav_msgs/Odometry</c>, a <c>tf2_msgs/TFMessage</c>, a
/// <c>turtlesim/Pose</c>; the velocity that of a <c>nav_msgs/Odometry</c>, else a <c>geometry_msgs/TwistStamped</c>, a
/// <c>geometry_msgs/Twist</c>, a <c>turtlesim/Pose</c>; the charge that of a <c>sensor_msgs/BatteryState</c>.
/// </remarks>
public sealed class VehicleReader
{
    private readonly MotionSource[][] _sources;
    private long _damaged;

    /// <summary>Finds out where the movement is read.</summary>
    /// <param name="topics">The recording's topics; <see cref="Read"/> names them by their index.</param>
    /// <param name="mapping">Where to read what; null: by type.</param>
    /// <exception cref="VehicleMappingException">The mapping names a topic that is not there, or a field that is of no use.</exception>
    public VehicleReader(IReadOnlyList<VehicleTopic> topics, VehicleMapping? mapping = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        var sources = topics.Select(_ => new List<MotionSource>()).ToArray();
        MotionSources.AddPose(topics, mapping?.Pose, Adder(MotionParts.Pose));
        MotionSources.AddVelocity(topics, mapping?.Velocity, Adder(MotionParts.Velocity));
        MotionSources.AddBattery(topics, mapping?.Battery, Adder(MotionParts.Battery));
        _sources = [.. sources.Select(list => list.ToArray())];

        Action<VehicleTopic, MotionSource> Adder(MotionParts part) => (topic, source) =>
        {
            Provides |= part;
            for (var i = 0; i < topics.Count; i++)
            {
                if (ReferenceEquals(topics[i], topic)) sources[i].Add(source);
            }
        };
    }

    /// <summary>The parts of the movement that the recording has.</summary>
    public MotionParts Provides { get; private set; }

    /// <summary>Messages so far that were passed over since they were damaged, or held no finite numbers.</summary>
    public long DamagedMessages => Interlocked.Read(ref _damaged);

    /// <summary>Whether messages of a topic say anything of the movement; the others need not be read.</summary>
    /// <param name="topic">The topic's index.</param>
    public bool IsRead(int topic) => _sources[topic].Length > 0;

    /// <summary>Reads a message.</summary>
    /// <param name="topic">The topic's index.</param>
    /// <param name="payload">The message as recorded: CDR with its encapsulation header.</param>
    /// <param name="motion">The agent's movement. <see cref="VehicleMotion.Updated"/> says what the message gave.</param>
    /// <returns>Whether it gave anything.</returns>
    public bool Read(int topic, ReadOnlySpan<byte> payload, ref VehicleMotion motion)
    {
        motion.Updated = MotionParts.None;
        var before = motion;
        var isDamaged = false;
        try
        {
            foreach (var source in _sources[topic]) isDamaged |= !source.Read(payload, ref motion);
        }
        catch (RosMessageException)
        {
            motion = before;
            isDamaged = true;
        }
        if (isDamaged) Interlocked.Increment(ref _damaged);
        motion.Known |= motion.Updated;
        return motion.Updated != MotionParts.None;
    }
}
