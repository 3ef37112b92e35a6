using System.Buffers;
using System.Text.Json.Nodes;
using SimulationManager.Generation;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;
using SimulationManager.Tests.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Generation;

public sealed class RobotRecordingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Topics_have_their_types_and_rates()
    {
        RobotRecording.Write(_folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(20) });

        var inspection = BagVerifier.Verify(_folder["robot"]);
        Assert.Empty(Codes(inspection));
        Assert.Equal(
            [
                ("/cmd_vel", "geometry_msgs/msg/Twist", 400), ("/imu", "sensor_msgs/msg/Imu", 2000), ("/odom", "nav_msgs/msg/Odometry", 1000),
                ("/tf", "tf2_msgs/msg/TFMessage", 1000), ("/scan", "sensor_msgs/msg/LaserScan", 200),
            ],
            inspection.Info!.Topics.Select(topic => (topic.Topic.Name, topic.Topic.Type, (int)topic.MessageCount)));
        Assert.All(inspection.Info.Topics, topic => Assert.Equal(topic.MessageCount / 20.0, topic.RateHz!.Value, 0.1));
    }

    [Fact]
    public void Map_has_the_walls_that_the_scanner_sees()
    {
        RobotRecording.Write(_folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(1), HasMap = true });

        using var bag = BagReader.Open(_folder["robot"]);
        foreach (var name in (string[])["/map", "/tf_static"])
        {
            var topic = bag.Topics.Single(topic => topic.Name == name);
            Assert.Equal(QosDurability.TransientLocal, QosProfile.ParseList(topic.OfferedQosProfiles).Single().Durability);
        }
        var map = Messages("/map").Single();
        var scan = Messages("/scan").First();
        var (resolution, width) = ((float)map["info"]!["resolution"]!, (int)map["info"]!["width"]!);
        var (left, bottom) = ((double)map["info"]!["origin"]!["position"]!["x"]!, (double)map["info"]!["origin"]!["position"]!["y"]!);
        var cells = map["data"]!.AsArray().Select(cell => (int)cell!).ToArray();
        Assert.Equal(width * (int)map["info"]!["height"]!, cells.Length);
        // The robot starts at the origin and looks along x.
        var seen = scan["ranges"]!.AsArray().Select((range, ray) => ((double)range!, (double)scan["angle_min"]! + (ray * (double)scan["angle_increment"]!)));
        Assert.All(seen, ray =>
        {
            var (column, row) = ((int)(((ray.Item1 * Math.Cos(ray.Item2)) - left) / resolution), (int)(((ray.Item1 * Math.Sin(ray.Item2)) - bottom) / resolution));
            var around = from y in Enumerable.Range(row - 1, 3) from x in Enumerable.Range(column - 1, 3) select cells[(y * width) + x];
            Assert.Contains(100, around);
        });

        IEnumerable<JsonNode> Messages(string name)
        {
            var topic = bag.Topics.Single(topic => topic.Name == name);
            var codec = new MessageCodec(MessageSchema.Parse(topic.Type, bag.MessageDefinitions.First(definition => definition.TopicType == topic.Type).Text, "ros2msg"));
            foreach (var message in bag.ReadMessages())
            {
                if (bag.Topics[message.TopicId].Name != name) continue;
                var json = new ArrayBufferWriter<byte>();
                codec.WriteJson(message.Data, json);
                yield return JsonNode.Parse(json.WrittenSpan)!;
            }
        }
    }

    [Fact]
    public void Same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        string[] Files(string name, long seed)
        {
            RobotRecording.Write(Path.Combine(_folder[name], "robot"), new RobotRecordingOptions { Seed = seed, Duration = TimeSpan.FromSeconds(5) });
            return [.. Directory.EnumerateFiles(_folder[name], "*", SearchOption.AllDirectories).Order().Select(path => Hash(File.ReadAllBytes(path)))];
        }

        var first = Files("1", seed: 7);
        Assert.Equal(first, Files("2", seed: 7));
        Assert.NotEqual(first, Files("3", seed: 8));
    }

    /// <summary>Fails when any message changes, on any machine: recordings of a seed are a contract with benchmarks.</summary>
    [Fact]
    public void Recording_of_seed_1_is_the_known_one()
    {
        RobotRecording.Write(_folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(30) });

        var all = string.Join('\n', ReadAll(_folder["robot"]).Select(message => $"{message.TimestampNs} {message.Topic} {message.DataHash}"));
        Assert.Equal(KnownRecording, Hash(System.Text.Encoding.UTF8.GetBytes(all)).Split(':')[1][..16]);
    }

    private const string KnownRecording = "F954B06E249EFE52";

    [Fact]
    public void Recordings_carry_the_definitions_of_their_types()
    {
        RobotRecording.Write(_folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(1) });
        LoadRecording.Write(_folder["load"], new LoadRecordingOptions { Duration = TimeSpan.FromSeconds(1) });

        foreach (var folder in new[] { "robot", "load" })
        {
            using var bag = BagReader.Open(_folder[folder]);
            Assert.Equal(bag.Topics.Select(topic => topic.Type).Order(), bag.MessageDefinitions.Select(definition => definition.TopicType).Order());
            Assert.All(bag.MessageDefinitions, definition => Assert.Equal(
                ("ros2msg", BuiltInDefinitions.FindText(definition.TopicType, RosDistro.Kilted)), (definition.Encoding, definition.Text)));
        }
    }

    [Fact]
    public void A_shorter_recording_is_the_beginning_of_a_longer_one()
    {
        RobotRecording.Write(_folder["short"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(2) });
        RobotRecording.Write(_folder["long"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(4) });

        Assert.Equal(ReadAll(_folder["short"]), ReadAll(_folder["long"]).Take(460));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Robot_drives_far_and_never_touches_a_wall(long seed)
    {
        var plan = FloorPlan.Create(seed);
        var states = Drive(seed, TimeSpan.FromMinutes(10));

        Assert.All(states, state => Assert.True(plan.Clearance(state.X, state.Y) > DifferentialDrive.Radius, $"at {state.X}, {state.Y}"));
        var metres = states.Zip(states.Skip(1), (a, b) => Math.Sqrt(Math.Pow(b.X - a.X, 2) + Math.Pow(b.Y - a.Y, 2))).Sum();
        Assert.InRange(metres, 60, 360);
        Assert.True(states.Max(state => state.X) > 4 && states.Min(state => state.X) < 1, "The robot stays in one room.");
    }

    [Fact]
    public void Odometry_follows_from_its_own_velocity_and_from_the_commands()
    {
        var recording = Read(TimeSpan.FromSeconds(60));

        foreach (var (a, b) in recording.Odometry.Zip(recording.Odometry.Skip(1)))
        {
            var travelled = Math.Sqrt(Math.Pow(b.X - a.X, 2) + Math.Pow(b.Y - a.Y, 2));
            Assert.Equal((a.Forward + b.Forward) / 2 * 0.02, travelled, 2e-4);
            Assert.Equal(Angle.Wrap(b.Yaw - a.Yaw), (a.Turn + b.Turn) / 2 * 0.02, 1e-3);
            Assert.True(Math.Abs(b.Forward - a.Forward) <= (DifferentialDrive.MaxForwardAcceleration * 0.02) + 1e-12);
            var command = recording.Commands.Last(command => command.Time <= a.Time);
            Assert.True(Math.Abs(b.Forward - command.Forward) <= Math.Abs(a.Forward - command.Forward) + 0.02, "Moves away from the command.");
        }
    }

    [Fact]
    public void Imu_measures_the_motion_of_the_odometry()
    {
        var recording = Read(TimeSpan.FromSeconds(60));
        var imuAt = recording.Imu.ToDictionary(imu => imu.Time);

        var accelerations = new List<double>();
        foreach (var (a, b) in recording.Odometry.Zip(recording.Odometry.Skip(1)))
        {
            var imu = imuAt[b.Time];
            Assert.Equal(b.Turn, imu.Turn, 4 * RobotMessages.GyroNoise);
            Assert.Equal(b.Forward * b.Turn, imu.Sideways, 4 * RobotMessages.AccelerationNoise);
            Assert.Equal(RobotMessages.Gravity, imu.Up, 4 * RobotMessages.AccelerationNoise);
            accelerations.Add(((imu.Ahead + imuAt[b.Time - 10_000_000].Ahead) / 2) - ((b.Forward - a.Forward) / 0.02));
        }

        Assert.All(accelerations, difference => Assert.True(Math.Abs(difference) < 4 * RobotMessages.AccelerationNoise));
    }

    [Fact]
    public void Scan_shows_the_walls_around_the_robot()
    {
        var recording = Read(TimeSpan.FromSeconds(30));
        var plan = FloorPlan.Create(1);

        Assert.Equal(300, recording.Scans.Count);
        foreach (var scan in recording.Scans)
        {
            var robot = recording.Odometry.Single(odometry => odometry.Time == scan.Time);
            Assert.Equal(360, scan.Ranges.Length);
            for (var ray = 0; ray < 360; ray += 17)
            {
                var (sin, cos) = Math.SinCos(robot.Yaw - Math.PI + (ray * Math.PI / 180));
                Assert.Equal(plan.CastRay(robot.X, robot.Y, cos, sin), scan.Ranges[ray], 0.05);
            }
        }
    }

    [Fact]
    public void Transform_is_the_pose_of_the_odometry()
    {
        var recording = Read(TimeSpan.FromSeconds(5));

        Assert.Equal(recording.Odometry.Select(odometry => (odometry.Time, odometry.X, odometry.Y, odometry.Yaw)), recording.Transforms);
    }

    [Fact]
    public void Cancelled_generation_leaves_nothing()
    {
        Assert.ThrowsAny<OperationCanceledException>(() => RobotRecording.Write(_folder["robot"], null, new CancellationToken(canceled: true)));

        Assert.False(Directory.Exists(_folder["robot"]));
    }

    [Fact]
    public void Load_recording_has_the_rate_size_and_files_asked_for()
    {
        LoadRecording.Write(_folder["load"], new LoadRecordingOptions
        {
            MessagesPerSecond = 20_000, MessageBytes = 1024, Files = 5, Duration = TimeSpan.FromSeconds(1), Topics = 3,
        });

        var inspection = BagVerifier.Verify(_folder["load"]);
        Assert.Empty(Codes(inspection));
        Assert.Equal([4000, 4000, 4000, 4000, 4000], inspection.Info!.Files.Select(file => file.MessageCount));
        Assert.Equal(20_000 * 1024, inspection.Info.Topics.Sum(topic => topic.TotalBytes));
        Assert.Equal(999_950_000, inspection.Info.DurationNs);
    }

    private static List<(double X, double Y)> Drive(long seed, TimeSpan duration)
    {
        var plan = FloorPlan.Create(seed);
        var driver = new Wanderer(plan, seed);
        var robot = new DifferentialDrive();
        var command = default(DriveCommand);
        var states = new List<(double, double)>();
        for (var step = 0; step < duration.TotalSeconds * 100; step++)
        {
            if (step % 5 == 0)
                command = driver.Decide(robot);
            robot.Advance(command, 0.01);
            states.Add((robot.X, robot.Y));
        }

        return states;
    }

    private Decoded Read(TimeSpan duration)
    {
        RobotRecording.Write(_folder["decoded"], new RobotRecordingOptions { Duration = duration });
        using var bag = BagReader.Open(_folder["decoded"]);
        var decoded = new Decoded();
        foreach (var message in bag.ReadMessages())
            decoded.Add(bag.Topics[message.TopicId].Name, message.TimestampNs, new CdrDecoder(message.Data));
        return decoded;
    }

    private sealed class Decoded
    {
        public List<(long Time, double Forward, double Turn)> Commands { get; } = [];

        public List<(long Time, double X, double Y, double Yaw, double Forward, double Turn)> Odometry { get; } = [];

        public List<(long Time, double X, double Y, double Yaw)> Transforms { get; } = [];

        public List<(long Time, double Turn, double Ahead, double Sideways, double Up)> Imu { get; } = [];

        public List<(long Time, float[] Ranges)> Scans { get; } = [];

        public void Add(string topic, long recordedNs, CdrDecoder message)
        {
            switch (topic)
            {
                case "/cmd_vel":
                    var twist = message.Float64s(6);
                    Commands.Add((recordedNs / 10_000_000 * 10_000_000, twist[0], twist[5]));
                    break;
                case "/odom":
                    var time = message.Header("odom");
                    Assert.InRange(recordedNs - time, 1, 10_000_000);
                    Assert.Equal("base_link", message.Text());
                    var pose = message.Float64s(7 + 36);
                    var velocity = message.Float64s(6 + 36);
                    Odometry.Add((time, pose[0], pose[1], 2 * Math.Atan2(pose[5], pose[6]), velocity[0], velocity[5]));
                    break;
                case "/tf":
                    Assert.Equal(1u, message.UInt32());
                    var stamp = message.Header("odom");
                    Assert.Equal("base_link", message.Text());
                    var transform = message.Float64s(7);
                    Transforms.Add((stamp, transform[0], transform[1], 2 * Math.Atan2(transform[5], transform[6])));
                    break;
                case "/imu":
                    var at = message.Header("base_link");
                    var values = message.Float64s(4 + 9 + 3 + 9 + 3 + 9);
                    Imu.Add((at, values[15], values[25], values[26], values[27]));
                    break;
                case "/scan":
                    var scanned = message.Header("base_link");
                    for (var i = 0; i < 7; i++)
                        message.Float32();
                    Scans.Add((scanned, message.Floats()));
                    Assert.Empty(message.Floats());
                    break;
            }

            Assert.True(message.AtEnd, $"{topic} has bytes left over.");
        }
    }
}
