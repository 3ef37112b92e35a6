using SimulationManager.RosMessages;

namespace SimulationManager.Replay.Vda5050;

/// <summary>Finds where a recording has a vehicle's movement: where the mapping says, else by the types of its topics.</summary>
internal static class MotionSources
{
    private const string Twist = "geometry_msgs/msg/Twist";
    private const string Transforms = "tf2_msgs/msg/TFMessage";
    private const string BatteryState = "sensor_msgs/msg/BatteryState";

    /// <summary>Types that have a pose, best first, with where they have it: on the map before by odometry.</summary>
    private static readonly (string Type, string Path)[] s_poses =
    [
        ("geometry_msgs/msg/PoseWithCovarianceStamped", "pose.pose"), ("geometry_msgs/msg/PoseStamped", "pose"), ("nav_msgs/msg/Odometry", "pose.pose"),
        (Transforms, ""), ("turtlesim/msg/Pose", ""), ("turtlesim_msgs/msg/Pose", ""),
    ];

    private static readonly (string Type, string Path)[] s_velocities =
    [
        ("nav_msgs/msg/Odometry", "twist.twist"), ("geometry_msgs/msg/TwistStamped", "twist"), (Twist, ""),
        ("turtlesim/msg/Pose", ""), ("turtlesim_msgs/msg/Pose", ""),
    ];

    private static readonly (string Type, string Path)[] s_batteries = [(BatteryState, "percentage")];

    /// <summary>The source of a pose, and the topics that it reads.</summary>
    public static void AddPose(IReadOnlyList<VehicleTopic> topics, VehicleField? field, Action<VehicleTopic, MotionSource> add)
    {
        var (topic, path) = Choose(topics, field, s_poses, TellsWhereRobotIs);
        if (topic is null) return;
        if (topic.Schema.Root.Name == Transforms && path.Length == 0)
        {
            var source = new TransformSource();
            foreach (var every in field is null ? topics.Where(other => other.Schema.Root.Name == Transforms) : [topic]) add(every, source);
        }
        else if (path.Length > 0 && Access(topic, path) is { IsPose: true } pose)
        {
            add(topic, new PoseSource(pose));
        }
        else
        {
            add(topic, new FlatPoseSource(AccessNumber(topic, path, "x"), AccessNumber(topic, path, "y"), AccessNumber(topic, path, "theta")));
        }
    }

    public static void AddVelocity(IReadOnlyList<VehicleTopic> topics, VehicleField? field, Action<VehicleTopic, MotionSource> add)
    {
        var (topic, path) = Choose(topics, field, s_velocities, _ => true);
        if (topic is null) return;
        // A whole message is no field; but a Twist is its two vectors, one after the other.
        if (path.Length == 0 && topic.Schema.Root.Name == Twist)
            add(topic, new TwistSource(Access(topic, "linear"), Access(topic, "angular")));
        else if (path.Length > 0 && Access(topic, path).MessageType == Twist)
            add(topic, new TwistSource(Access(topic, $"{path}.linear"), Access(topic, $"{path}.angular")));
        else
            add(topic, new FlatTwistSource(AccessNumber(topic, path, "linear_velocity"), AccessNumber(topic, path, "angular_velocity")));
    }

    public static void AddBattery(IReadOnlyList<VehicleTopic> topics, VehicleField? field, Action<VehicleTopic, MotionSource> add)
    {
        var (topic, path) = Choose(topics, field, s_batteries, _ => true);
        if (topic is null) return;
        var isBatteryState = topic.Schema.Root.Name == BatteryState;
        var scale = field?.Scale ?? (isBatteryState && path == "percentage" ? 100 : 1);
        if (!double.IsFinite(scale)) throw new VehicleMappingException("The scale of the charge must be a finite number.");
        add(topic, new BatterySource(AccessNumber(topic, "", path), scale, isBatteryState ? Access(topic, "power_supply_status") : null));
    }

    /// <summary>The topic of a type that says where the robot is; null: there is none.</summary>
    public static VehicleTopic? FindPose(IEnumerable<VehicleTopic> topics, string type) => Best(topics, type, TellsWhereRobotIs);

    /// <summary>Poses that people and planners set say where the robot should be, not where it is.</summary>
    private static bool TellsWhereRobotIs(string topic) =>
        !topic.Contains("goal", StringComparison.OrdinalIgnoreCase) && !topic.Contains("initialpose", StringComparison.OrdinalIgnoreCase);

    /// <summary>Of several topics, the one with the shortest name: /odom before /wheel/odom, /robot1/odom before /robot1/camera/odom.</summary>
    private static VehicleTopic? Best(IEnumerable<VehicleTopic> topics, string type, Predicate<string> isFit) =>
        topics.Where(topic => topic.Schema.Root.Name == type && isFit(topic.Name)).OrderBy(topic => topic.Name.Length).ThenBy(topic => topic.Name, StringComparer.Ordinal).FirstOrDefault();

    private static (VehicleTopic? Topic, string Path) Choose(
        IReadOnlyList<VehicleTopic> topics, VehicleField? field, (string Type, string Path)[] known, Predicate<string> isFit)
    {
        if (field is not null)
        {
            var named = topics.FirstOrDefault(topic => topic.Name == field.Topic)
                ?? throw new VehicleMappingException($"The recording has no topic {field.Topic}.");
            var usual = Array.Find(known, entry => entry.Type == named.Schema.Root.Name).Path ?? "";
            return (named, string.IsNullOrEmpty(field.Path) ? usual : field.Path);
        }
        foreach (var (type, path) in known)
        {
            if (Best(topics, type, isFit) is { } best) return (best, path);
        }
        return (null, "");
    }

    private static FieldAccessor AccessNumber(VehicleTopic topic, string path, string name)
    {
        var whole = path.Length == 0 ? name : $"{path}.{name}";
        return Access(topic, whole) is { IsNumber: true } field ? field
            : throw new VehicleMappingException($"{whole} of {topic.Name} ({topic.Schema.Root.Name}) is no number.");
    }

    private static FieldAccessor Access(VehicleTopic topic, string path)
    {
        try
        {
            return new FieldAccessor(topic.Schema, path);
        }
        catch (RosMessageException error)
        {
            throw new VehicleMappingException($"{topic.Name} cannot be read: {error.Message}", error);
        }
    }
}
