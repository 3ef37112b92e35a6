namespace SimulationManager.Rosbag2.Generation;

/// <summary>The field lists of the ROS 2 message types that the generators write, so that other readers can decode them.</summary>
internal static class RosInterfaces
{
    private const string Separator = "================================================================================\n";

    private static readonly Dictionary<string, string> s_fields = new(StringComparer.Ordinal)
    {
        ["builtin_interfaces/Time"] = "int32 sec\nuint32 nanosec\n",
        ["std_msgs/Header"] = "builtin_interfaces/Time stamp\nstring frame_id\n",
        ["geometry_msgs/Vector3"] = "float64 x\nfloat64 y\nfloat64 z\n",
        ["geometry_msgs/Point"] = "float64 x\nfloat64 y\nfloat64 z\n",
        ["geometry_msgs/Quaternion"] = "float64 x 0\nfloat64 y 0\nfloat64 z 0\nfloat64 w 1\n",
        ["geometry_msgs/Pose"] = "geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation\n",
        ["geometry_msgs/PoseWithCovariance"] = "geometry_msgs/Pose pose\nfloat64[36] covariance\n",
        ["geometry_msgs/Twist"] = "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular\n",
        ["geometry_msgs/TwistWithCovariance"] = "geometry_msgs/Twist twist\nfloat64[36] covariance\n",
        ["geometry_msgs/Transform"] = "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation\n",
        ["geometry_msgs/TransformStamped"] = "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/Transform transform\n",
        ["nav_msgs/Odometry"] = "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/PoseWithCovariance pose\ngeometry_msgs/TwistWithCovariance twist\n",
        ["sensor_msgs/LaserScan"] = "std_msgs/Header header\nfloat32 angle_min\nfloat32 angle_max\nfloat32 angle_increment\nfloat32 time_increment\nfloat32 scan_time\nfloat32 range_min\nfloat32 range_max\nfloat32[] ranges\nfloat32[] intensities\n",
        ["sensor_msgs/Imu"] = "std_msgs/Header header\ngeometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance\ngeometry_msgs/Vector3 angular_velocity\nfloat64[9] angular_velocity_covariance\ngeometry_msgs/Vector3 linear_acceleration\nfloat64[9] linear_acceleration_covariance\n",
        ["tf2_msgs/TFMessage"] = "geometry_msgs/TransformStamped[] transforms\n",
        ["std_msgs/MultiArrayDimension"] = "string label\nuint32 size\nuint32 stride\n",
        ["std_msgs/MultiArrayLayout"] = "std_msgs/MultiArrayDimension[] dim\nuint32 data_offset\n",
        ["std_msgs/UInt8MultiArray"] = "std_msgs/MultiArrayLayout layout\nuint8[] data\n",
    };

    /// <summary>The definition of a type followed by those that it uses, as the <c>ros2msg</c> encoding has them.</summary>
    /// <param name="type"><c>package/msg/Type</c>.</param>
    public static MessageDefinition Definition(string type)
    {
        var root = type.Replace("/msg/", "/", StringComparison.Ordinal);
        var used = new List<string>();
        Collect(root, used);
        return new MessageDefinition
        {
            TopicType = type,
            Text = s_fields[root] + string.Concat(used.Select(name => $"\n{Separator}MSG: {name}\n{s_fields[name]}")),
        };
    }

    private static void Collect(string type, List<string> used)
    {
        foreach (var line in s_fields[type].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var field = line[..line.IndexOfAny([' ', '['])];
            if (s_fields.ContainsKey(field) && !used.Contains(field))
            {
                used.Add(field);
                Collect(field, used);
            }
        }
    }
}
