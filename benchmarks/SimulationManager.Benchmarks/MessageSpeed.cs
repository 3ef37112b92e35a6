using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using SimulationManager.RosMessages;
using SimulationManager.Rosbag2;
using SimulationManager.Generation;

namespace SimulationManager.Benchmarks;

/// <summary>
/// What is done with messages of a generated recording, on one thread: each way for some rounds of about a second of processor
/// time, of which other work on the machine disturbs little; the median counts.
/// </summary>
internal static class MessageSpeed
{
    private static readonly PayloadChange s_restamp = new(StampChange.By(1));
    private static readonly PayloadChange s_rename = new(Frames: new FrameNames("robot_17/", new Dictionary<string, string> { ["map"] = "map" }));
    private static readonly PayloadChange s_all = s_rename with { Stamps = s_restamp.Stamps, Offset = new PositionOffset(2.5, 5) };

    public static int Run(string[] args)
    {
        var rounds = Arguments.Number(args, 0, 5);
        var odometry = new Recorded("/odom", "nav_msgs/msg/Odometry");
        var transforms = new Recorded("/tf", "tf2_msgs/msg/TFMessage");
        var scans = new Recorded("/scan", "sensor_msgs/msg/LaserScan");
        Console.WriteLine($"{"way",-46} {"messages/s",13} {"ns",8} {"bytes allocated",16}");
        Time("JSON of nav_msgs/Odometry", rounds, Json(odometry), odometry.Count);
        Time("JSON of sensor_msgs/LaserScan, 360 rays", rounds, Json(scans), scans.Count);
        Time("JSON of tf2_msgs/TFMessage", rounds, Json(transforms), transforms.Count);
        Time("CBOR of nav_msgs/Odometry", rounds, Cbor(odometry), odometry.Count);
        Time("CBOR of sensor_msgs/LaserScan, 360 rays", rounds, Cbor(scans), scans.Count);
        Time("CBOR of tf2_msgs/TFMessage", rounds, Cbor(transforms), transforms.Count);
        Time("nav_msgs/Odometry as an object", rounds, payload => odometry.Codec.Decode(odometry.Payload(payload)), odometry.Count);
        foreach (var (name, messages) in new[] { ("nav_msgs/Odometry", odometry), ("tf2_msgs/TFMessage", transforms) })
        {
            Time($"copy {name}", rounds, Copy(messages), messages.Count);
            Time($"restamp {name}", rounds, Rewrite(messages, s_restamp), messages.Count);
            Time($"rename frames of {name}", rounds, Rewrite(messages, s_rename), messages.Count);
            Time($"restamp and rename {name}", rounds, Rewrite(messages, s_rename with { Stamps = s_restamp.Stamps }), messages.Count);
            Time($"restamp, rename and move {name}", rounds, Rewrite(messages, s_all), messages.Count);
        }

        var stamp = new FieldAccessor(odometry.Codec.Schema, "header.stamp");
        Time("read header.stamp of nav_msgs/Odometry", rounds, payload => stamp.ReadNanoseconds(odometry.Payload(payload)), odometry.Count);
        var pose = new FieldAccessor(odometry.Codec.Schema, "pose.pose");
        Time("read pose.pose of nav_msgs/Odometry", rounds, payload => pose.ReadPose(odometry.Payload(payload)), odometry.Count);
        return 0;
    }

    private static Action<int> Json(Recorded messages)
    {
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        return payload =>
        {
            output.ResetWrittenCount();
            messages.Codec.WriteJson(messages.Payload(payload), output);
        };
    }

    private static Action<int> Cbor(Recorded messages)
    {
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        return payload =>
        {
            output.ResetWrittenCount();
            messages.Codec.WriteCbor(messages.Payload(payload), output);
        };
    }

    private static Action<int> Copy(Recorded messages)
    {
        var destination = new byte[64 * 1024];
        return payload => messages.Payload(payload).CopyTo(destination, 0);
    }

    private static Action<int> Rewrite(Recorded messages, PayloadChange change)
    {
        var rewriter = new PayloadRewriter(messages.Codec.Schema, change.Offset.IsZero ? null : ["map", "odom", "world"]);
        var destination = new byte[64 * 1024];
        return payload => rewriter.Rewrite(messages.Payload(payload), change, destination, out _);
    }

    private static void Time(string name, int rounds, Action<int> act, int count)
    {
        var nanoseconds = new List<double>();
        var allocated = 0.0;
        var calls = 1_000;
        for (var round = 0; round <= rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var processor = Environment.CpuUsage.TotalTime;
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < calls; i++)
                act(i % count);
            var spent = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)calls;
            nanoseconds.Add(spent * 1e9 / calls);
            // The first rounds warm up and find out how many calls are a second.
            if (watch.Elapsed.TotalSeconds < 0.5)
                (round, calls) = (0, (int)Math.Min(1_000_000_000, calls * Math.Clamp(1 / watch.Elapsed.TotalSeconds, 2, 50)));
            if (round == 0)
                nanoseconds.Clear();
        }

        var median = nanoseconds.Order().ElementAt(nanoseconds.Count / 2);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-46} {1e9 / median,13:#,0} {median,8:0.0} {allocated,16:0.##}"));
    }

    /// <summary>Payloads of a topic of ten seconds of the generated robot.</summary>
    private sealed class Recorded
    {
        private readonly List<byte[]> _payloads = [];

        public Recorded(string topic, string type)
        {
            var folder = Path.Combine(Path.GetTempPath(), $"message-speed-{Guid.NewGuid():N}");
            RobotRecording.Write(folder, new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(10) });
            using (var bag = BagReader.Open(folder))
            {
                foreach (var message in bag.ReadMessages(new BagReadOptions { Topics = [topic] }))
                    _payloads.Add(message.Data.ToArray());
            }

            Directory.Delete(folder, recursive: true);
            Codec = new MessageCodec(BuiltInDefinitions.Find(type, RosDistro.Jazzy)!);
        }

        public MessageCodec Codec { get; }

        public int Count => _payloads.Count;

        public byte[] Payload(int index) => _payloads[index];
    }
}
