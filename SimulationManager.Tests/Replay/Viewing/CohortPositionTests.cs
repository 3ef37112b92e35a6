using System.Text;
using System.Text.Json;
using SimulationManager.Replay;
using SimulationManager.RosMessages;
using SimulationManager.Tests.RosMessages;

namespace SimulationManager.Tests.Replay.Viewing;

/// <summary>Where agents are, by what the recording says of the robot.</summary>
public sealed class CohortPositionTests : IDisposable
{
    private const string Odometry = "nav_msgs/msg/Odometry";
    private const string Transforms = "tf2_msgs/msg/TFMessage";
    private const string Located = "geometry_msgs/msg/PoseWithCovarianceStamped";
    private const string Posed = "geometry_msgs/msg/PoseStamped";
    private const string Text = "std_msgs/msg/String";

    private readonly HandDrivenEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(Odometry, "odom")]
    [InlineData(Located, "map")]
    [InlineData(Posed, "/map")]
    public void Agents_are_where_their_last_message_says(string type, string frame)
    {
        var timeline = TimelineOf((0, "/chatter", Text, """{"data":"no pose"}"""), (100, "/pose", type, PoseOf(type, frame, 1, 2, 0)), (200, "/pose", type, PoseOf(type, frame, 3, 4, Math.PI / 2)));
        var cohort = _engine.Begin(timeline, agents: 2);
        var positions = new CohortPositions(cohort, new PayloadOptions());
        _engine.Advance(50);
        Assert.Empty(Look(positions));

        _engine.Advance(100);
        Assert.Equal([1L, 2L], Look(positions).Select(position => position.Agent));
        Assert.All(Look(positions), position => AssertAt(position, frame.Trim('/'), 1, 2, 0));
        _engine.Advance(100);
        Assert.All(Look(positions), position => AssertAt(position, frame.Trim('/'), 3, 4, Math.PI / 2));
        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal(AgentState.Completed, agent.State));
    }

    [Fact]
    public void Agents_that_are_paused_sent_elsewhere_or_begin_anew_are_where_the_robot_was()
    {
        var timeline = TimelineOf([.. Enumerable.Range(1, 10).Select(step => (step * 100.0, "/odom", Odometry, PoseOf(Odometry, "odom", step, 0, 0)))]);
        var cohort = _engine.Begin(timeline, repeats: 3);
        var positions = new CohortPositions(cohort, new PayloadOptions());
        _engine.Advance(250);
        _engine.Run(cohort.PauseAsync());
        _engine.Advance(60_000);
        AssertAt(Assert.Single(Look(positions)), "odom", 2, 0, 0);

        _engine.Run(cohort.SeekAsync(TimeSpan.FromMilliseconds(950), paused: true));
        AssertAt(Assert.Single(Look(positions)), "odom", 9, 0, 0);

        // At the end of a pass, and at the start of the next one before it has said anything.
        _engine.Run(cohort.ResumeAsync());
        _engine.Advance(100);
        AssertAt(Assert.Single(Look(positions)), "odom", 10, 0, 0);
        _engine.Advance(110);
        AssertAt(Assert.Single(Look(positions)), "odom", 1, 0, 0);
    }

    [Fact]
    public void Best_topic_counts_and_goals_and_topics_without_messages_do_not()
    {
        (double, string, string, string)[] messages =
        [
            (0, "/goal_pose", Posed, PoseOf(Posed, "map", 9, 9, 0)), (0, "/pose", Posed, PoseOf(Posed, "map", 1, 1, 0)), (0, "/tf", Transforms, TransformsOf(("odom", "base_link", 7, 7, 0))),
        ];
        AssertAt(LookAtOnce(TimelineOf(messages, ("/odom", Odometry))), "map", 1, 1, 0);
        AssertAt(LookAtOnce(TimelineOf([.. messages, (0, "/odom", Odometry, PoseOf(Odometry, "odom", 2, 2, 0))])), "odom", 2, 2, 0);
        Assert.Empty(Look(new CohortPositions(_engine.Begin(TimelineOf((0, "/goal_pose", Posed, PoseOf(Posed, "map", 9, 9, 0)))), new PayloadOptions())));
    }

    [Theory]
    [InlineData("", "base_link")]
    [InlineData("robot_1/", "base_footprint")]
    public void Transforms_are_composed_from_the_map_to_the_robot(string prefix, string robot)
    {
        (double, string, string, string)[] messages =
        [
            (100, "/tf", Transforms, TransformsOf((prefix + "odom", prefix + robot, 2, 1, 0.25))),
            (200, "/tf", Transforms, TransformsOf((prefix + "base_link", prefix + "laser", 9, 9, 1), (prefix + "map", prefix + "odom", 10, 5, Math.PI / 2))),
            (300, "/tf", Transforms, TransformsOf((prefix + "base_link", prefix + "laser", 9, 9, 1))),
        ];
        var positions = new CohortPositions(_engine.Begin(TimelineOf(messages)), new PayloadOptions());
        _engine.Advance(150);
        AssertAt(Assert.Single(Look(positions)), $"{prefix}odom", 2, 1, 0.25);
        _engine.Advance(100);
        AssertAt(Assert.Single(Look(positions)), $"{prefix}map", 9, 7, (Math.PI / 2) + 0.25);
        _engine.Advance(100);
        AssertAt(Assert.Single(Look(positions)), $"{prefix}map", 9, 7, (Math.PI / 2) + 0.25);
    }

    /// <summary>A static transform counts however long ago it was said, also for who looks for the first time.</summary>
    [Fact]
    public void Static_transforms_count_for_the_whole_recording()
    {
        var messages = Enumerable.Range(1, 2000).Select(step => ((double)step, "/tf", Transforms, TransformsOf(("odom", "base_link", step, 0, 0))));
        var timeline = TimelineOf([(0, "/tf_static", Transforms, TransformsOf(("map", "odom", 0, 100, 0))), .. messages], latched: "/tf_static");
        var cohort = _engine.Begin(timeline);
        _engine.Advance(2500);

        AssertAt(Assert.Single(Look(new CohortPositions(cohort, new PayloadOptions()))), "map", 2000, 100, 0);
    }

    /// <summary>As in payloads: positions in global frames are moved, and transforms between two of these are not.</summary>
    [Fact]
    public void Agents_that_stand_elsewhere_are_there()
    {
        var grid = new PayloadOptions { PoseOffset = new GridLayout(spacing: 10, columns: 2) };
        var tf = TransformsOf(("map", "odom", 100, 0, Math.PI / 2), ("odom", "base_link", 1, 0, 0));

        AssertAt(LookAtOnce(TimelineOf((0, "/odom", Odometry, PoseOf(Odometry, "odom", 1, 2, 0))), grid, agent: 4), "odom", 11, 12, 0);
        AssertAt(LookAtOnce(TimelineOf((0, "/odom", Odometry, PoseOf(Odometry, "wheels", 1, 2, 0))), grid, agent: 4), "wheels", 1, 2, 0);
        AssertAt(LookAtOnce(TimelineOf((0, "/tf", Transforms, tf)), grid, agent: 4), "map", 90, 11, Math.PI / 2);
        AssertAt(LookAtOnce(TimelineOf((0, "/tf", Transforms, tf)), grid with { GlobalFrames = ["map"] }, agent: 4), "map", 110, 11, Math.PI / 2);
        AssertAt(LookAtOnce(TimelineOf((0, "/turtle1/pose", "turtlesim/msg/Pose", """{"x":5.5,"y":6.5,"theta":1}""")), grid, agent: 4), "map", 5.5, 6.5, 1);
    }

    [Fact]
    public void Messages_of_no_use_are_passed_over()
    {
        var good = Encode(Odometry, PoseOf(Odometry, "odom", 1, 2, 0));
        byte[][] payloads = [good, good[..60], [], Encode(Odometry, """{"header":{"frame_id":"odom"},"pose":{"pose":{"position":{"x":"Infinity"}}}}"""), Encode(Odometry, PoseOf(Odometry, "", 5, 5, 0)), Encode(Odometry, PoseOf(Odometry, new string('f', 300), 5, 5, 0))];
        foreach (var (index, payload) in payloads.Index())
        {
            var cohort = _engine.Begin(TimelineOf([(0, "/odom")], [payload], [("/odom", Odometry)]));
            _engine.Advance(1);
            Assert.Equal(index == 0 ? 1 : 0, Look(new CohortPositions(cohort, new PayloadOptions())).Length);
        }
    }

    /// <summary>Who looks must not wait, and neither must those that come after it.</summary>
    [Fact]
    public async Task Messages_that_are_not_here_yet_are_not_waited_for()
    {
        var payloads = new LatePayloads(Encode(Odometry, PoseOf(Odometry, "odom", 1, 2, 0)));
        var cohort = _engine.Begin(new ReplayTimeline([0], [0], [payloads.Size], ["/odom"], 0, payloads) { Types = [new RecordedType(TestTypes.Find(Odometry))] }, agents: 3);
        var positions = new CohortPositions(cohort, new PayloadOptions());
        _engine.Advance(1);
        Assert.Empty(Look(positions));
        Assert.Empty(Look(positions));
        Assert.Equal(1, payloads.Reads);

        payloads.Arrive();
        await Worker.Wait.UntilAsync(() => Look(positions).Length == 3, TimeSpan.FromSeconds(10), "the messages to arrive");
    }

    /// <summary>Nobody pays for what nobody watches, and little is paid for what was read once.</summary>
    [Fact]
    public void Looking_again_allocates_nothing()
    {
        var cohort = _engine.Begin(TimelineOf((0, "/odom", Odometry, PoseOf(Odometry, "odom", 1, 2, 0))), agents: 100);
        var positions = new CohortPositions(cohort, new PayloadOptions { PoseOffset = new GridLayout(1, 10) });
        var found = new List<AgentPosition>(100);
        _engine.Advance(1);
        positions.Look(found);
        found.Clear();

        var before = GC.GetAllocatedBytesForCurrentThread();
        positions.Look(found);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(100, found.Count);
    }

    private AgentPosition LookAtOnce(ReplayTimeline timeline, PayloadOptions? payloads = null, long agent = 1)
    {
        var cohort = _engine.Begin(timeline, agents: (int)agent);
        _engine.Advance(1);
        return Look(new CohortPositions(cohort, payloads ?? new PayloadOptions()))[^1];
    }

    private static AgentPosition[] Look(CohortPositions positions)
    {
        var found = new List<AgentPosition>();
        positions.Look(found);
        return [.. found.OrderBy(position => position.Agent)];
    }

    private static void AssertAt(AgentPosition position, string frame, double x, double y, double theta)
    {
        Assert.Equal(frame, position.Frame);
        Assert.Equal((x, y, 0), (Math.Round(position.Pose.X, 9), Math.Round(position.Pose.Y, 9), position.Pose.Z));
        Assert.Equal((Math.Sin(theta / 2), Math.Cos(theta / 2)), (position.Pose.Qz, position.Pose.Qw), (expected, actual) => Math.Abs(expected.Item1 - actual.Item1) + Math.Abs(expected.Item2 - actual.Item2) < 1e-6);
    }

    private static string PoseOf(string type, string frame, double x, double y, double theta)
    {
        var pose = new { position = new { x, y }, orientation = new { z = Math.Sin(theta / 2), w = Math.Cos(theta / 2) } };
        return JsonSerializer.Serialize(new { header = new { frame_id = frame }, pose = type == Posed ? (object)pose : new { pose } });
    }

    private static string TransformsOf(params (string Parent, string Child, double X, double Y, double Theta)[] transforms) => JsonSerializer.Serialize(new
    {
        transforms = transforms.Select(each => new
        {
            header = new { frame_id = each.Parent },
            child_frame_id = each.Child,
            transform = new { translation = new { x = each.X, y = each.Y }, rotation = new { z = Math.Sin(each.Theta / 2), w = Math.Cos(each.Theta / 2) } },
        }),
    });

    private static byte[] Encode(string type, string json)
    {
        var codec = new MessageCodec(TypeOf(type));
        return codec.Encode(codec.ReadJson(Encoding.UTF8.GetBytes(json)));
    }

    private static MessageSchema TypeOf(string type) =>
        type == "turtlesim/msg/Pose" ? MessageSchema.Parse(type, "float32 x\nfloat32 y\nfloat32 theta\nfloat32 linear_velocity\nfloat32 angular_velocity\n") : TestTypes.Find(type);

    private static ReplayTimeline TimelineOf(params (double Milliseconds, string Topic, string Type, string Json)[] messages) => TimelineOf(messages, latched: null);

    private static ReplayTimeline TimelineOf((double Milliseconds, string Topic, string Type, string Json)[] messages, (string Name, string Type) another) =>
        TimelineOf([.. messages.Select(message => (message.Milliseconds, message.Topic))], [.. messages.Select(message => Encode(message.Type, message.Json))], [.. messages.Select(message => (message.Topic, message.Type)).Append(another).Distinct()]);

    private static ReplayTimeline TimelineOf((double Milliseconds, string Topic, string Type, string Json)[] messages, string? latched) =>
        TimelineOf([.. messages.Select(message => (message.Milliseconds, message.Topic))], [.. messages.Select(message => Encode(message.Type, message.Json))], [.. messages.Select(message => (message.Topic, message.Type)).Distinct()], latched);

    private static ReplayTimeline TimelineOf((double Milliseconds, string Topic)[] messages, byte[][] payloads, (string Name, string Type)[] topics, string? latched = null)
    {
        var kept = messages.Index().Where(message => message.Item.Topic == latched).Select(message => message.Index).ToArray();
        return new ReplayTimeline(
            [.. messages.Select(message => (long)(message.Milliseconds * 1e6))], [.. messages.Select(message => (ushort)Array.FindIndex(topics, topic => topic.Name == message.Topic))],
            [.. payloads.Select(payload => payload.Length)], [.. topics.Select(topic => topic.Name)], (long)(messages[^1].Milliseconds * 1e6), new PayloadList(payloads))
        {
            Types = [.. topics.Select(topic => new RecordedType(TypeOf(topic.Type)))],
            Latched = kept.Length == 0 ? [] : [new LatchedTopic(kept, depth: 1, long.MaxValue)],
        };
    }

    private sealed class PayloadList(byte[][] payloads) : IPayloadSource
    {
        public ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            payloads[message].CopyTo(buffer);
            return ValueTask.FromResult(payloads[message].Length);
        }
    }

    private sealed class LatePayloads(byte[] payload) : IPayloadSource
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Size => payload.Length;

        public int Reads { get; private set; }

        public void Arrive() => _arrived.SetResult();

        public async ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            Reads++;
            await _arrived.Task;
            payload.CopyTo(buffer);
            return payload.Length;
        }
    }
}
