using System.Text;
using SimulationManager.Generation;
using SimulationManager.Replay;
using SimulationManager.RosMessages;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.RosMessages;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Replay;

/// <summary>What agents send differs from what was recorded where the options say so, and nowhere else.</summary>
public sealed class PayloadTransformTests : IDisposable
{
    private const long DueAt = 1_800_000_000_123_456_789;
    private const long Second = 1_000_000_000;

    private static readonly PayloadOptions s_all = new()
    {
        Stamps = StampMode.Now,
        Identity = AgentPattern.Parse("robot_{n:000}"),
        PoseOffset = new GridLayout(2.5, 10),
    };

    private readonly TempFolder _folder = new();
    private readonly byte[] _destination = new byte[4_000_000];

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Recordings => [.. Directory.GetDirectories(BagFixtures.Shared("")).Select(folder => Path.GetFileName(folder)!), "robot", "navigation"];

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Every_field_of_every_topic_of_a_recording_is_right(string name)
    {
        using var recording = Recording.Open(Make(name));
        using var bag = BagReader.Open(_folder[name]);
        var timeline = recording.TimelineOf(bag.Topics.Select(topic => topic.Name));
        foreach (var options in new[] { s_all, s_all with { Stamps = StampMode.Offset }, new() { Stamps = StampMode.Offset }, s_all with { Stamps = StampMode.Recorded, PoseOffset = null }, new() { PoseOffset = s_all.PoseOffset } })
        {
            var agent = new AgentChanges(options).Of(7);
            var transforms = timeline.Types.Select(type => new PayloadTransform(type, options)).ToArray();
            for (var message = 0; message < timeline.Count; message++)
            {
                var topic = timeline.TopicOf(message);
                var recorded = await timeline.ReadPayloadAsync(message, CancellationToken.None);
                if (timeline.SchemaOf(topic) is not { } schema)
                {
                    Assert.Contains(timeline.TypeOf(topic)!, transforms[topic].Problem, StringComparison.Ordinal);
                    Assert.False(transforms[topic].ChangesAnything);
                    continue;
                }

                AssertRight(schema, transforms[topic], options, agent, recorded, timeline.Start + timeline.PositionOf(message));
            }
        }
    }

    [Fact]
    public void Robot_that_navigates_is_where_its_agent_is()
    {
        using var bag = BagReader.Open(Make("navigation"));
        var transforms = bag.Topics.ToDictionary(topic => topic.Name, topic => new PayloadTransform(new RecordedType(TestTypes.Find(topic.Type)), s_all));
        var agent = new AgentChanges(s_all).Of(12);
        var seen = new Dictionary<string, string>();
        foreach (var message in bag.ReadMessages())
        {
            var topic = bag.Topics[message.TopicId];
            var codec = new MessageCodec(TestTypes.Find(topic.Type));
            Assert.Equal(RewriteStatus.Done, transforms[topic.Name].Apply(message.Data, agent, DueAt, message.TimestampNs, _destination, out var written));
            seen[topic.Name] = Summary(codec.Decode(_destination.AsSpan(0, written)));
        }

        // Agent 12 of rows of ten is the second of the second row: 2.5 m along both.
        Assert.Equal("map>robot_012/base_link 3.5,4.5 1800000000.123456789", seen["/amcl_pose"]);
        Assert.Equal("robot_012/odom>robot_012/base_link 3.5,4.5 1800000000.123456789", seen["/odom"]);
        Assert.Equal("map>robot_012/odom 1,2 1800000000.123456789; robot_012/odom>robot_012/base_link 3.5,4.5 1800000000.123456789; robot_012/base_link>robot_012/laser 1,2 1800000000.123456789", seen["/tf"]);
        Assert.Equal("map 3.5,4.5 1800000000.123456789; map 3.5,4.5 1800000000.123456789", seen["/plan"]);
        Assert.Equal("1800000000.123456789", seen["/clock"]);
    }

    [Fact]
    public void Of_map_alone_what_is_given_in_odom_stays_and_odom_is_moved()
    {
        var options = s_all with { GlobalFrames = ["map"] };
        using var bag = BagReader.Open(Make("navigation"));
        var seen = new Dictionary<string, string>();
        foreach (var message in bag.ReadMessages())
        {
            var topic = bag.Topics[message.TopicId];
            var schema = TestTypes.Find(topic.Type);
            new PayloadTransform(new RecordedType(schema), options).Apply(message.Data, new AgentChanges(options).Of(12), 0, 0, _destination, out var written);
            if (written > 0) seen[topic.Name] = Summary(new MessageCodec(schema).Decode(_destination.AsSpan(0, written)));
        }

        Assert.Equal("robot_012/odom>robot_012/base_link 1,2 0.000000000", seen["/odom"]);
        Assert.Equal("map>robot_012/odom 3.5,4.5 0.000000000; robot_012/odom>robot_012/base_link 1,2 0.000000000; robot_012/base_link>robot_012/laser 1,2 0.000000000", seen["/tf"]);
    }

    [Theory]
    [InlineData(CdrRepresentation.Cdr1BigEndian)]
    [InlineData(CdrRepresentation.Cdr2BigEndian)]
    [InlineData(CdrRepresentation.Cdr2LittleEndian)]
    public void Other_encapsulations_are_changed_alike(CdrRepresentation representation)
    {
        foreach (var message in Bags.Messages.Where(message => message.Payload.Length < 10_000).GroupBy(message => message.Topic).SelectMany(topic => topic.Take(3)))
        {
            var codec = new MessageCodec(message.Schema);
            var payload = codec.Encode(codec.Decode(message.Payload), new CdrForm { Representation = representation });
            var transform = new PayloadTransform(new RecordedType(message.Schema), s_all);

            AssertRight(message.Schema, transform, s_all, new AgentChanges(s_all).Of(7), payload, 5 * Second);
        }
    }

    [Fact]
    public void Everything_off_changes_nothing()
    {
        var off = new PayloadOptions();
        var agent = new AgentChanges(off).Of(3);

        Assert.False(off.ChangesAnything);
        foreach (var message in Bags.Messages)
        {
            var transform = new PayloadTransform(new RecordedType(message.Schema), off);
            Assert.False(transform.ChangesAnything);
            Assert.Null(transform.Problem);
            Assert.Equal(RewriteStatus.Done, transform.Apply(message.Payload, agent, DueAt, 0, _destination, out var written));
            Assert.True(message.Payload.AsSpan().SequenceEqual(_destination.AsSpan(0, written)));
        }
    }

    [Fact]
    public void Payload_that_is_cut_off_is_said_to_be_and_left_as_it_is()
    {
        foreach (var message in Bags.Messages.Where(message => message.Bag == "robot").DistinctBy(message => message.Topic))
        {
            var transform = new PayloadTransform(new RecordedType(message.Schema), s_all);
            if (!transform.ChangesAnything) continue;
            var agent = new AgentChanges(s_all).Of(7);
            var recorded = message.Payload.ToArray();
            for (var length = 0; length < 24; length++)
            {
                Assert.Equal(RewriteStatus.PayloadUnsuitable, transform.Apply(recorded.AsSpan(0, length), agent, DueAt, 0, _destination, out var written));
                Assert.Equal(0, written);
            }
            Assert.Equal(message.Payload, recorded);
        }
    }

    [Fact]
    public void Time_that_stamps_cannot_hold_is_said()
    {
        var message = Bags.Messages.First(message => message.Topic == "/odom");
        foreach (var (mode, dueAt, bagTime) in new[] { (StampMode.Now, long.MaxValue, 0L), (StampMode.Offset, long.MaxValue, long.MinValue), (StampMode.Offset, 0, long.MaxValue) })
        {
            var transform = new PayloadTransform(new RecordedType(message.Schema), s_all with { Stamps = mode });
            Assert.Equal(RewriteStatus.StampOutOfRange, transform.Apply(message.Payload, new AgentChanges(s_all).Of(7), dueAt, bagTime, _destination, out _));
        }
    }

    [Fact]
    public void Room_that_is_enough_for_any_payload_is_enough()
    {
        var schema = MessageSchema.Parse("demo_msgs/msg/Many", "Named[] all\n===\nMSG: demo_msgs/Named\nstring frame_id\n");
        var codec = new MessageCodec(schema);
        var payload = codec.Encode(codec.ReadJson(Encoding.UTF8.GetBytes($$"""{"all":[{{string.Join(',', Enumerable.Repeat("""{"frame_id":"a"}""", 1000))}}]}""")));
        var agent = new AgentChanges(s_all with { Identity = AgentPattern.Parse(new string('r', 200)) }).Of(1);
        var transform = new PayloadTransform(new RecordedType(schema), s_all);

        Assert.Equal(RewriteStatus.DestinationTooSmall, transform.Apply(payload, agent, DueAt, 0, _destination.AsSpan(0, payload.Length * 2), out _));
        Assert.Equal(RewriteStatus.Done, transform.Apply(payload, agent, DueAt, 0, _destination.AsSpan(0, (int)agent.LongestPayload(payload.Length)), out var written));
        Assert.InRange(written, 200_000, agent.LongestPayload(payload.Length));
    }

    [Fact]
    public void Type_that_nobody_knows_is_named()
    {
        Assert.Equal("its type is not known", new PayloadTransform(null, s_all).Problem);
        var wide = new RecordedType(MessageSchema.Parse("demo_msgs/msg/Wide", "module demo_msgs { module msg { struct Wide { wchar w; }; }; };", "ros2idl"));
        Assert.StartsWith("demo_msgs/msg/Wide cannot be serialized: ", new PayloadTransform(wide, s_all).Problem, StringComparison.Ordinal);
        Assert.Null(new PayloadTransform(null, new PayloadOptions()).Problem);
        Assert.False(new PayloadTransform(wide, s_all).ChangesAnything);
    }

    [Fact]
    public void Clock_that_an_agent_tells_follows_the_stamps()
    {
        var recorded = ClockMessage.Write(5 * Second);
        foreach (var (mode, expected) in new[] { (StampMode.Now, DueAt), (StampMode.Offset, DueAt) })
        {
            var options = new PayloadOptions { Stamps = mode };
            new PayloadTransform(ClockMessage.Type, options).Apply(recorded, new AgentChanges(options).Of(1), DueAt, 5 * Second, _destination, out var written);
            Assert.Equal(expected, new FieldAccessor(ClockMessage.Type.Schema!, "clock").ReadNanoseconds(_destination.AsSpan(0, written)));
        }
    }

    [Fact]
    public void Names_of_agents_may_be_those_of_namespaces_but_not_nothing()
    {
        var payload = Bags.Messages.First(message => message.Topic == "/odom");
        var options = new PayloadOptions { Identity = AgentPattern.Parse("/fleet/robot_{n}/") };
        new PayloadTransform(new RecordedType(payload.Schema), options).Apply(payload.Payload, new AgentChanges(options).Of(4), 0, 0, _destination, out var written);

        Assert.Equal("fleet/robot_4/base_link", new MessageCodec(payload.Schema).Decode(_destination.AsSpan(0, written)).Get<string>("child_frame_id"));
        Assert.Throws<ArgumentException>(() => new AgentChanges(new PayloadOptions { Identity = AgentPattern.Parse("//") }));
    }

    [Fact]
    public void Changing_does_not_allocate()
    {
        var agent = new AgentChanges(s_all).Of(7);
        var cases = Bags.Messages.Where(message => message.Bag == "robot").DistinctBy(message => message.Topic)
            .Select(message => (Transform: new PayloadTransform(new RecordedType(message.Schema), s_all), message.Payload)).ToArray();

        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var (transform, payload) in cases)
            {
                for (var i = 0; i < 1_000; i++)
                {
                    transform.Apply(payload, agent, DueAt, 0, _destination, out _);
                    transform.Apply(payload.AsSpan(0, 10), agent, DueAt, 0, _destination, out _);
                    transform.Apply(payload, agent, DueAt, 0, _destination.AsSpan(0, 50), out _);
                }
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        Assert.Equal(0, Run());
    }

    /// <summary>Applies a transform and looks at each field before and after.</summary>
    private void AssertRight(MessageSchema schema, PayloadTransform transform, PayloadOptions options, AgentChange agent, byte[] recorded, long bagTime)
    {
        var codec = new MessageCodec(schema);
        RosMessage before;
        try
        {
            before = codec.Decode(recorded);
        }
        catch (RosMessageException)
        {
            // The bag talker has definitions that are not those of its messages.
            Assert.NotEqual(RewriteStatus.DestinationTooSmall, transform.Apply(recorded, agent, DueAt, bagTime, _destination, out _));
            return;
        }

        var original = recorded.ToArray();
        Assert.Equal(RewriteStatus.Done, transform.Apply(recorded, agent, DueAt, bagTime, _destination, out var written));
        Assert.Equal(original, recorded);
        var differences = MessageFields.Differences(before, codec.Decode(_destination.AsSpan(0, written)));
        var fields = MessageFields.Of(before);
        foreach (var (path, value) in fields)
        {
            var expected = Expected(fields, path, value, options, bagTime);
            if (!expected.Equals(value))
                Assert.True(differences.Remove(path, out var difference) && difference.After.Equals(expected), $"{schema.Root.Name} {path}: {value} should be {expected}");
        }

        Assert.True(differences.Count == 0, $"{schema.Root.Name}: {string.Join(", ", differences.Keys)}");
        if (!transform.ChangesAnything) Assert.Equal(recorded, _destination[..written]);
    }

    /// <summary>What a field ought to be, by its name alone.</summary>
    private static object Expected(Dictionary<string, object> fields, string path, object value, PayloadOptions options, long bagTime)
    {
        if (options.Stamps != StampMode.Recorded && (path.EndsWith("stamp.sec", StringComparison.Ordinal) || path is "clock.sec") is var isSeconds
            && (isSeconds || path.EndsWith("stamp.nanosec", StringComparison.Ordinal) || path is "clock.nanosec"))
        {
            var stamp = path[..path.LastIndexOf('.')];
            var time = ((int)fields[$"{stamp}.sec"] * Second) + (uint)fields[$"{stamp}.nanosec"];
            if (time == 0) return value;
            var changed = options.Stamps == StampMode.Now ? DueAt : time + DueAt - bagTime;
            return isSeconds ? (int)(changed / Second) : (uint)(changed % Second);
        }

        if (options.Identity is not null && path.EndsWith("frame_id", StringComparison.Ordinal) && value is string { Length: > 0 } and not ("map" or "world" or "earth"))
            return $"robot_007/{value}";
        if (options.PoseOffset is null || FrameOf(fields, path) is not ("map" or "odom" or "world")) return value;
        var offset = options.PoseOffset.OffsetOf(7);
        return (double)value + path[^1] switch { 'x' => offset.X, 'y' => offset.Y, _ => offset.Z };
    }

    /// <summary>The frame in which a field is a position that moves with the agent; null when it is none.</summary>
    private static object? FrameOf(Dictionary<string, object> fields, string path)
    {
        foreach (var place in new[] { ".pose.pose.position.", ".pose.position.", ".transform.translation." })
        {
            if ($".{path}".LastIndexOf(place, StringComparison.Ordinal) is not (>= 0 and var end)) continue;
            var message = end == 0 ? "" : $"{path[..(end - 1)]}.";
            var isGlobal = fields.GetValueOrDefault($"{message}child_frame_id") is "map" or "odom" or "world";
            return place.Contains("transform", StringComparison.Ordinal) && isGlobal ? null : fields.GetValueOrDefault($"{message}header.frame_id");
        }

        return null;
    }

    private static string Summary(RosMessage message) => message.Type.Name switch
    {
        "rosgraph_msgs/msg/Clock" => Time(message.Get<RosMessage>("clock")),
        "tf2_msgs/msg/TFMessage" => string.Join("; ", message.Get<RosMessage[]>("transforms").Select(Summary)),
        "nav_msgs/msg/Path" => string.Join("; ", message.Get<RosMessage[]>("poses").Select(Summary)),
        "geometry_msgs/msg/TransformStamped" =>
            FormattableString.Invariant($"{message.Get<string>("header.frame_id")}>{message.Get<string>("child_frame_id")} {message.Get<double>("transform.translation.x")},{message.Get<double>("transform.translation.y")} {Time(message.Get<RosMessage>("header.stamp"))}"),
        "geometry_msgs/msg/PoseStamped" =>
            FormattableString.Invariant($"{message.Get<string>("header.frame_id")} {message.Get<double>("pose.position.x")},{message.Get<double>("pose.position.y")} {Time(message.Get<RosMessage>("header.stamp"))}"),
        _ => FormattableString.Invariant($"{message.Get<string>("header.frame_id")}>{(message.Type.FindField("child_frame_id") < 0 ? "robot_012/base_link" : message.Get<string>("child_frame_id"))} {message.Get<double>("pose.pose.position.x")},{message.Get<double>("pose.pose.position.y")} {Time(message.Get<RosMessage>("header.stamp"))}"),
    };

    private static string Time(RosMessage stamp) => FormattableString.Invariant($"{stamp.Get<int>("sec")}.{stamp.Get<uint>("nanosec"):000000000}");

    private string Make(string name)
    {
        if (name == "robot") RobotRecording.Write(_folder[name], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(1) });
        else if (name == "navigation") NavigationBag.Write(_folder[name]);
        else BagFixtures.CopyOf(name, _folder);
        return _folder[name];
    }
}
