using System.Text.Json;
using SimulationManager.Replay.Vda5050;
using SimulationManager.RosMessages;
using SimulationManager.Tests.RosMessages;

namespace SimulationManager.Tests.Replay.Vda5050;

public class VehicleReaderTests
{
    private const string TurtlePose = "float32 x\nfloat32 y\nfloat32 theta\nfloat32 linear_velocity\nfloat32 angular_velocity\n";

    private static readonly MessageSchema s_turtle = MessageSchema.Parse("turtlesim/msg/Pose", TurtlePose);

    [Theory]
    [InlineData("geometry_msgs/msg/PoseWithCovarianceStamped", "pose.pose")]
    [InlineData("geometry_msgs/msg/PoseStamped", "pose")]
    [InlineData("nav_msgs/msg/Odometry", "pose.pose")]
    public void The_pose_is_flat(string type, string path)
    {
        var topic = Topic("/pose", type);
        var reader = new VehicleReader([Topic("/rosout", "rcl_interfaces/msg/Log"), topic]);
        var motion = default(VehicleMotion);

        Assert.True(reader.Provides.HasFlag(MotionParts.Pose));
        Assert.Equal((false, true), (reader.IsRead(0), reader.IsRead(1)));
        Assert.True(reader.Read(1, Encode(topic, message => SetPose(message, path, 1.5, -2, Math.PI * 0.75)), ref motion));
        Assert.True(motion.Updated.HasFlag(MotionParts.Pose));
        AssertPose(motion, 1.5, -2, Math.PI * 0.75);
        Assert.Equal(0, reader.DamagedMessages);
    }

    [Fact]
    public void Odometry_gives_pose_and_velocity_at_once()
    {
        var topic = Topic("/odom", "nav_msgs/msg/Odometry");
        var reader = new VehicleReader([topic]);
        var motion = default(VehicleMotion);
        reader.Read(0, Encode(topic, message =>
        {
            SetPose(message, "pose.pose", 3, 4, -1);
            var twist = message.Get<RosMessage>("twist.twist");
            (twist.Get<RosMessage>("linear")["x"], twist.Get<RosMessage>("linear")["y"], twist.Get<RosMessage>("angular")["z"]) = (0.5, -0.25, 0.125);
        }), ref motion);

        Assert.Equal(MotionParts.Pose | MotionParts.Velocity, motion.Updated);
        AssertPose(motion, 3, 4, -1);
        Assert.Equal((0.5, -0.25, 0.125), (motion.Vx, motion.Vy, motion.Omega));
    }

    [Theory]
    [InlineData("geometry_msgs/msg/Twist", "linear", "angular")]
    [InlineData("geometry_msgs/msg/TwistStamped", "twist.linear", "twist.angular")]
    public void Commands_are_velocities_where_there_is_no_odometry(string type, string linear, string angular)
    {
        var topic = Topic("/cmd_vel", type);
        var reader = new VehicleReader([topic]);
        var motion = default(VehicleMotion);
        reader.Read(0, Encode(topic, message => (message.Get<RosMessage>(linear)["x"], message.Get<RosMessage>(angular)["z"]) = (0.75, -0.5)), ref motion);

        Assert.Equal((MotionParts.Velocity, 0.75, 0.0, -0.5), (reader.Provides, motion.Vx, motion.Vy, motion.Omega));
    }

    [Fact]
    public void Turtles_have_it_all_in_one()
    {
        var topic = new VehicleTopic("/turtle1/pose", s_turtle);
        var reader = new VehicleReader([Topic("/turtle1/cmd_vel", "sensor_msgs/msg/Image"), topic]);
        var motion = default(VehicleMotion);
        reader.Read(1, Encode(topic, message =>
            (message["x"], message["y"], message["theta"], message["linear_velocity"], message["angular_velocity"]) = (5.5f, 6.5f, 4f, 2f, 1f)), ref motion);

        AssertPose(motion, 5.5, 6.5, 4 - Math.Tau);
        Assert.Equal((2.0, 1.0), (motion.Vx, motion.Omega));
    }

    [Theory]
    [InlineData("", "base_link")]
    [InlineData("robot_1/", "base_footprint")]
    [InlineData("/", "base_link")]
    public void Transforms_are_followed_from_the_map_to_the_robot(string prefix, string robot)
    {
        var topics = new[] { Topic("/tf", "tf2_msgs/msg/TFMessage"), Topic("/tf_static", "tf2_msgs/msg/TFMessage") };
        var reader = new VehicleReader(topics);
        var motion = default(VehicleMotion);
        reader.Read(0, Transforms(topics[0], (prefix + "odom", prefix + robot, 1, 0, 0)), ref motion);
        AssertPose(motion, 1, 0, 0);

        Assert.False(reader.Read(1, Transforms(topics[1], (prefix + "map", prefix + "odom", 10, 5, Math.PI / 2)), ref motion));
        Assert.True(reader.Read(0, Transforms(topics[0], (prefix + "base_link", prefix + "laser", 9, 9, 1), (prefix + "odom", prefix + robot, 2, 1, 0.25)), ref motion));
        AssertPose(motion, 9, 7, (Math.PI / 2) + 0.25);

        reader.Read(0, Transforms(topics[0], (prefix + "map", prefix + robot, 3, 3, 0.5)), ref motion);
        AssertPose(motion, 3, 3, 0.5);
    }

    [Theory]
    [InlineData(0.42f, 1, 42, true)]
    [InlineData(1.7f, 2, 100, false)]
    [InlineData(-0.1f, 0, 0, false)]
    public void A_battery_has_its_charge_in_percent(float percentage, byte status, double expected, bool isCharging)
    {
        var topic = Topic("/battery", "sensor_msgs/msg/BatteryState");
        var reader = new VehicleReader([topic]);
        var motion = default(VehicleMotion);
        reader.Read(0, Encode(topic, message => (message["percentage"], message["power_supply_status"]) = (percentage, status)), ref motion);

        Assert.Equal(MotionParts.Battery, motion.Updated);
        Assert.Equal(expected, motion.Charge, 4);
        Assert.Equal(isCharging, motion.IsCharging);
    }

    [Fact]
    public void A_charge_that_the_driver_does_not_know_is_none()
    {
        var topic = Topic("/battery", "sensor_msgs/msg/BatteryState");
        var reader = new VehicleReader([topic]);
        var motion = default(VehicleMotion);

        Assert.False(reader.Read(0, Encode(topic, message => message["percentage"] = float.NaN), ref motion));
        Assert.Equal((MotionParts.None, 0L), (motion.Known, reader.DamagedMessages));
    }

    [Fact]
    public void The_best_topics_are_chosen_and_goals_are_none()
    {
        var topics = new[]
        {
            Topic("/goal_pose", "geometry_msgs/msg/PoseStamped"), Topic("/initialpose", "geometry_msgs/msg/PoseWithCovarianceStamped"),
            Topic("/tf", "tf2_msgs/msg/TFMessage"), Topic("/wheel/odom", "nav_msgs/msg/Odometry"), Topic("/odom", "nav_msgs/msg/Odometry"),
            Topic("/cmd_vel", "geometry_msgs/msg/Twist"),
        };
        Assert.Equal([4], Read(topics, null));

        var better = topics.Append(Topic("/amcl_pose", "geometry_msgs/msg/PoseWithCovarianceStamped")).ToArray();
        Assert.Equal([4, 6], Read(better, null));
        Assert.Equal([3, 5], Read(better, new VehicleMapping { Pose = new("/wheel/odom"), Velocity = new("/cmd_vel") }));

        static IEnumerable<int> Read(VehicleTopic[] topics, VehicleMapping? mapping)
        {
            var reader = new VehicleReader(topics, mapping);
            return Enumerable.Range(0, topics.Length).Where(reader.IsRead);
        }
    }

    [Fact]
    public void A_mapping_names_fields()
    {
        var schema = MessageSchema.Parse("acme_msgs/msg/Status", """
            string name
            geometry_msgs/Transform at
            acme_msgs/Motion motion
            uint16 permille
            ===
            MSG: acme_msgs/Motion
            float32 linear_velocity
            int8 angular_velocity
            """);
        var topic = new VehicleTopic("/status", schema);
        var reader = new VehicleReader([topic], new VehicleMapping
        {
            Pose = new("/status", "at"), Velocity = new("/status", "motion"), Battery = new("/status", "permille", 0.1),
        });
        var motion = default(VehicleMotion);
        reader.Read(0, Encode(topic, message =>
        {
            message["name"] = "r1";
            (message.Get<RosMessage>("at.translation")["x"], message.Get<RosMessage>("at.rotation")["w"]) = (7.0, 1.0);
            (message.Get<RosMessage>("motion")["linear_velocity"], message.Get<RosMessage>("motion")["angular_velocity"]) = (1.5f, (sbyte)-1);
            message["permille"] = (ushort)455;
        }), ref motion);

        AssertPose(motion, 7, 0, 0);
        Assert.Equal((1.5, -1.0), (motion.Vx, motion.Omega));
        Assert.Equal(45.5, motion.Charge, 9);
    }

    [Theory]
    [InlineData("/none", null, "no topic /none")]
    [InlineData("/turtle1/pose", "pose", "has no field")]
    [InlineData("/chatter", null, "has no field")]
    public void A_mapping_that_does_not_fit_is_refused(string topic, string? path, string problem)
    {
        VehicleTopic[] topics = [new("/turtle1/pose", s_turtle), Topic("/chatter", "std_msgs/msg/String")];
        foreach (var mapping in new VehicleMapping[] { new() { Pose = new(topic, path) }, new() { Velocity = new(topic, path) }, new() { Battery = new(topic, path ?? "charge") } })
            Assert.Contains(problem, Assert.Throws<VehicleMappingException>(() => new VehicleReader(topics, mapping)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_messages_are_counted_and_change_nothing()
    {
        var topic = Topic("/odom", "nav_msgs/msg/Odometry");
        var reader = new VehicleReader([topic]);
        var good = Encode(topic, message => SetPose(message, "pose.pose", 1, 2, 0));
        var motion = default(VehicleMotion);
        reader.Read(0, good, ref motion);
        var before = motion with { Updated = MotionParts.None };

        foreach (var bad in new[] { [], good[..4], good[..60], Encode(topic, message => SetPose(message, "pose.pose", double.NaN, 2, 0))[..200] })
        {
            Assert.False(reader.Read(0, bad, ref motion));
            Assert.Equal(before, motion);
        }
        Assert.Equal(4, reader.DamagedMessages);

        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var payload = good[..random.Next(good.Length + 1)];
            for (var k = random.Next(6); k > 0 && payload.Length > 0; k--) payload[random.Next(payload.Length)] = (byte)random.Next(256);
            reader.Read(0, payload, ref motion);
            Assert.True(double.IsFinite(motion.X) && double.IsFinite(motion.Y) && Math.Abs(motion.Theta) <= Math.PI && double.IsFinite(motion.Vx));
        }
    }

    [Fact]
    public void Recordings_of_real_robots_are_read()
    {
        foreach (var bag in Bags.Messages.GroupBy(message => message.Bag))
        {
            VehicleTopic[] topics = [.. bag.DistinctBy(message => message.Topic).Select(message => new VehicleTopic(message.Topic, message.Schema))];
            var reader = new VehicleReader(topics);
            var motion = default(VehicleMotion);
            foreach (var message in bag) reader.Read(Array.FindIndex(topics, topic => topic.Name == message.Topic), message.Payload, ref motion);

            Assert.Equal(0, reader.DamagedMessages);
            Assert.Equal(reader.Provides & ~MotionParts.Battery, motion.Known & ~MotionParts.Battery);
            if (bag.Key == "turtlesim_cmd_vel") Assert.Equal((MotionParts.Velocity, true), (motion.Known, double.IsFinite(motion.Vx)));
        }
    }

    [Fact]
    public void Reading_and_observing_allocate_nothing_between_messages()
    {
        var topics = new[]
        {
            Topic("/odom", "nav_msgs/msg/Odometry"), Topic("/tf", "tf2_msgs/msg/TFMessage"), Topic("/battery", "sensor_msgs/msg/BatteryState"),
            new VehicleTopic("/pose", s_turtle),
        };
        byte[][] payloads =
        [
            Encode(topics[0], message => SetPose(message, "pose.pose", 1, 2, 0)), Transforms(topics[1], ("map", "odom", 1, 1, 1), ("odom", "base_link", 1, 1, 1)),
            Encode(topics[2], message => message["percentage"] = 0.5f), Encode(topics[3], message => message["x"] = 1f),
        ];
        VehicleReader[] readers =
        [
            new(topics), new(topics, new VehicleMapping { Pose = new("/tf"), Velocity = new("/pose") }),
        ];
        var vehicle = new Vda5050Vehicle(new Vda5050Options { Manufacturer = "A", SerialNumber = "1", VisualizationRate = 0 });
        var output = new List<VehicleMessage>(16);
        var now = DateTimeOffset.UnixEpoch;
        vehicle.Connected(now, output);
        // The first pose is news.
        var motion = default(VehicleMotion);
        readers[0].Read(0, payloads[0], ref motion);
        vehicle.Observe(motion, now.AddSeconds(1), output);

        // A first pass compiles; the second is measured.
        Assert.True(Run() >= 0);
        Assert.Equal(0, Run());
        Assert.Equal(4, output.Count);

        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 4_000; i++)
            {
                foreach (var reader in readers)
                {
                    for (var topic = 0; topic < payloads.Length; topic++)
                    {
                        if (reader.Read(topic, payloads[topic], ref motion)) vehicle.Observe(motion, now.AddSeconds(1.05), output);
                    }
                }
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static VehicleTopic Topic(string name, string type) => new(name, TestTypes.Find(type));

    private static byte[] Encode(VehicleTopic topic, Action<RosMessage> set)
    {
        var codec = new MessageCodec(topic.Schema);
        var message = codec.Create();
        set(message);
        return codec.Encode(message);
    }

    private static byte[] Transforms(VehicleTopic topic, params (string Parent, string Child, double X, double Y, double Theta)[] transforms)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            transforms = transforms.Select(transform => new
            {
                header = new { frame_id = transform.Parent },
                child_frame_id = transform.Child,
                transform = new
                {
                    translation = new { x = transform.X, y = transform.Y },
                    rotation = new { z = Math.Sin(transform.Theta / 2), w = Math.Cos(transform.Theta / 2) },
                },
            }),
        });
        var codec = new MessageCodec(topic.Schema);
        return codec.Encode(codec.ReadJson(json));
    }

    private static void SetPose(RosMessage message, string path, double x, double y, double theta)
    {
        var pose = message.Get<RosMessage>(path);
        (pose.Get<RosMessage>("position")["x"], pose.Get<RosMessage>("position")["y"]) = (x, y);
        (pose.Get<RosMessage>("orientation")["z"], pose.Get<RosMessage>("orientation")["w"]) = (Math.Sin(theta / 2), Math.Cos(theta / 2));
    }

    private static void AssertPose(VehicleMotion motion, double x, double y, double theta)
    {
        Assert.Equal(x, motion.X, 9);
        Assert.Equal(y, motion.Y, 9);
        Assert.Equal(theta, motion.Theta, 9);
    }
}
