using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

/// <summary>What is rewritten inside payloads is what decoding, changing the objects and encoding them gives.</summary>
public class PayloadRewriterTests
{
    private static readonly string[] s_globalFrames = ["map", "odom", "한국어 ü 🤖"];
    private static readonly FrameNames s_names = new("robot_7/", new Dictionary<string, string> { ["map"] = "map", ["odom"] = "o", ["base_link"] = "한국어" });
    private static readonly PositionOffset s_offset = new(2.5, -1000, 1e-3);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1_500_000_001)]
    [InlineData(86_400_000_000_000)]
    public void Stamps_are_shifted(long offsetNs)
    {
        var changed = 0;
        foreach (var one in Cases())
        {
            LimitStamps(one.Message);
            changed += AssertRewritten(one, new PayloadChange(StampChange.By(offsetNs)), message => ChangeStamps(message, time => time + offsetNs), one.Rewriter.HasStamps);
        }

        Assert.InRange(changed, 1_000, 100_000);
    }

    [Fact]
    public void Stamps_are_replaced()
    {
        foreach (var one in Cases())
            AssertRewritten(one, new PayloadChange(StampChange.To(1_700_000_000_123_456_789)), message => ChangeStamps(message, _ => 1_700_000_000_123_456_789), one.Rewriter.HasStamps);
    }

    [Fact]
    public void Frames_are_renamed_and_what_follows_is_aligned_anew()
    {
        var changed = 0;
        foreach (var one in Cases())
        {
            var payload = one.Codec.Encode(one.Message, one.Form);
            var change = new PayloadChange(Frames: s_names);
            changed += AssertRewritten(one, change, RenameFrames, one.Rewriter.HasFrames);

            var length = one.Codec.Encode(one.Message, one.Form).Length;
            for (var shorter = 0; shorter < length; shorter += Math.Max(1, length / 20))
                Assert.Equal(RewriteStatus.DestinationTooSmall, one.Rewriter.Rewrite(payload, change, new byte[shorter], out _));
        }

        Assert.InRange(changed, 1_000, 100_000);
    }

    [Fact]
    public void Positions_in_global_frames_are_moved()
    {
        var changed = 0;
        foreach (var one in Cases(framed: true))
            changed += AssertRewritten(one, new PayloadChange(Offset: s_offset), message => Move(message), one.Rewriter.HasPositions);

        Assert.InRange(changed, 300, 100_000);
    }

    [Fact]
    public void All_at_once_is_one_after_the_other()
    {
        foreach (var one in Cases(framed: true))
        {
            // Global frames are told by the names that they were recorded under.
            AssertRewritten(one, new PayloadChange(StampChange.To(5_000_000_007), s_names, s_offset),
                message => Move(message) + RenameFrames(message) + ChangeStamps(message, _ => 5_000_000_007), mayChange: true);
        }
    }

    [Fact]
    public void Recorded_messages_are_rewritten_as_objects_are()
    {
        var moved = 0;
        foreach (var (bag, topic, schema, _, recorded) in Bags.Messages)
        {
            var one = new Case(schema, new MessageCodec(schema), new PayloadRewriter(schema, s_globalFrames), CdrForm.Of(recorded), new MessageCodec(schema).Decode(recorded));
            AssertRewritten(one, new PayloadChange(StampChange.By(12_345_678_901), s_names, s_offset), message =>
            {
                moved += Move(message);
                return RenameFrames(message) + ChangeStamps(message, time => time + 12_345_678_901);
            }, mayChange: true);
        }

        Assert.InRange(moved, 100, 10_000);
    }

    [Fact]
    public void Nothing_to_change_copies()
    {
        var destination = new byte[2_000_000];
        foreach (var message in Bags.Messages)
        {
            Assert.Equal(RewriteStatus.Done, new PayloadRewriter(message.Schema, s_globalFrames).Rewrite(message.Payload, default, destination, out var written));
            Assert.True(message.Payload.AsSpan().SequenceEqual(destination.AsSpan(0, written)));
        }
    }

    [Fact]
    public void Rewriting_does_not_allocate_whether_it_can_be_done_or_not()
    {
        var cases = Bags.Messages.Where(message => message.Bag == "robot").DistinctBy(message => message.Topic)
            .Select(message => (Rewriter: new PayloadRewriter(message.Schema, s_globalFrames), message.Payload)).ToArray();
        PayloadChange[] changes =
        [
            new(StampChange.By(1)), new(StampChange.To(long.MaxValue)), new(Offset: s_offset), new(Frames: s_names), new(StampChange.To(1), s_names, s_offset),
        ];
        var destination = new byte[10_000];

        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var (rewriter, payload) in cases)
            {
                foreach (var change in changes)
                {
                    for (var length = 0; length <= payload.Length; length += 7)
                        rewriter.Rewrite(payload.AsSpan(0, length), change, destination.AsSpan(0, length * 2), out _);
                }
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        Assert.Equal(5, cases.Length);
        Assert.Equal(0, Run());
    }

    [Fact]
    public void Stamp_out_of_range_is_said_and_none_stays_none()
    {
        var schema = TestTypes.Find("std_msgs/msg/Header");
        var codec = new MessageCodec(schema);
        var rewriter = new PayloadRewriter(schema);
        var destination = new byte[100];
        var none = codec.Encode(codec.Create());
        foreach (var change in new[] { StampChange.By(5), StampChange.To(5) })
        {
            Assert.Equal(RewriteStatus.Done, rewriter.Rewrite(none, new PayloadChange(change), destination, out var written));
            Assert.Equal(none, destination[..written]);
        }

        var message = codec.Create();
        message.Get<RosMessage>("stamp")["sec"] = int.MaxValue;
        var payload = codec.Encode(message);
        foreach (var change in new[]
        {
            StampChange.By(1_000_000_000), StampChange.By(long.MaxValue), StampChange.By(long.MinValue), StampChange.To(long.MaxValue), StampChange.To(-3_000_000_000_000_000_000),
        })
        {
            Assert.Equal((RewriteStatus.StampOutOfRange, 0), (rewriter.Rewrite(payload, new PayloadChange(change), destination, out var written), written));
            Assert.Equal((RewriteStatus.StampOutOfRange, 0), (rewriter.Rewrite(payload, new PayloadChange(change, s_names), destination, out written), written));
        }

        Assert.Equal(RewriteStatus.PayloadUnsuitable, rewriter.Rewrite(payload.AsSpan(0, 11), new PayloadChange(StampChange.By(1)), destination, out _));
    }

    [Fact]
    public void Types_without_places_to_change_are_known_as_such()
    {
        Assert.Equal((false, false, false), Has("geometry_msgs/msg/Twist"));
        Assert.Equal((true, false, false), Has("rcl_interfaces/msg/Log"));
        Assert.Equal((true, false, false), Has("rosgraph_msgs/msg/Clock"));
        Assert.Equal((true, true, true), Has("tf2_msgs/msg/TFMessage"));
        Assert.Equal((true, true, true), Has("nav_msgs/msg/Path"));
        Assert.Equal((true, true, false), Has("nav_msgs/msg/OccupancyGrid"));
        Assert.False(new PayloadRewriter(TestTypes.Find("nav_msgs/msg/Path")).HasPositions);

        static (bool, bool, bool) Has(string type) =>
            new PayloadRewriter(TestTypes.Find(type), s_globalFrames) is var rewriter ? (rewriter.HasStamps, rewriter.HasFrames, rewriter.HasPositions) : default;
    }

    [Fact]
    public void Position_that_a_bag_defines_in_another_way_is_left_alone()
    {
        var schema = MessageSchema.Parse("geometry_msgs/msg/PointStamped", """
            std_msgs/Header header
            Point point
            ===
            MSG: geometry_msgs/Point
            float32 x
            float32 y
            float32 z
            """);

        Assert.False(new PayloadRewriter(schema, s_globalFrames).HasPositions);
    }

    /// <param name="one">A message, which is changed.</param>
    /// <param name="change">What is asked for.</param>
    /// <param name="expect">Does the same to the message, and says how many places it changed.</param>
    /// <param name="mayChange">What the rewriter says about the type.</param>
    private static int AssertRewritten(Case one, PayloadChange change, Func<RosMessage, int> expect, bool mayChange)
    {
        var payload = one.Codec.Encode(one.Message, one.Form);
        var changed = expect(one.Message);
        var expected = one.Codec.Encode(one.Message, one.Form);
        var destination = new byte[change.Frames?.LongestPayload(payload.Length) ?? payload.Length];
        destination.AsSpan().Fill(0xEE);

        Assert.Equal(RewriteStatus.Done, one.Rewriter.Rewrite(payload, change, destination, out var written));

        Assert.True(expected.AsSpan().SequenceEqual(destination.AsSpan(0, written)), $"{one.Schema.Root.Name} {one.Form}");
        Assert.True(changed == 0 || mayChange, one.Schema.Root.Name);
        return changed;
    }

    private static IEnumerable<Case> Cases(bool framed = false)
    {
        foreach (var (schema, index) in TestTypes.All.Select((schema, index) => (schema, index)))
        {
            var isOdd = schema.Root.Name == "demo_msgs/msg/Odd";
            var isFramed = framed && schema.Types.Any(type => PositionsOf.ContainsKey(type.Name));
            foreach (var form in isOdd || isFramed ? TestTypes.Forms : [TestTypes.Forms[index % TestTypes.Forms.Length], CdrForm.LittleEndian with { PadsToFourBytes = index % 2 == 0 }])
            {
                var codec = new MessageCodec(schema, form.WideStrings);
                var rewriter = new PayloadRewriter(schema, s_globalFrames, form.WideStrings);
                foreach (var message in TestTypes.Messages(codec, index, count: isOdd ? 20 : 4))
                    yield return new Case(schema, codec, rewriter, form, message);
            }
        }
    }

    private static int ChangeStamps(RosMessage message, Func<long, long> change)
    {
        var changed = 0;
        foreach (var (field, value) in message.Type.Fields.Zip(message.FieldValues))
        {
            if (field is { Name: "stamp" or "clock", Type: { MessageName: "builtin_interfaces/msg/Time", Array: ArrayKind.None } })
            {
                var stamp = (RosMessage)value!;
                var time = (stamp.Get<int>("sec") * 1_000_000_000L) + stamp.Get<uint>("nanosec");
                if (stamp.Get<int>("sec") == 0 && stamp.Get<uint>("nanosec") == 0)
                    continue;
                var seconds = (long)Math.Floor((decimal)change(time) / 1_000_000_000);
                (stamp["sec"], stamp["nanosec"]) = ((int)seconds, (uint)(change(time) - (seconds * 1_000_000_000)));
                changed++;
            }
            else
            {
                changed += Nested(value).Sum(nested => ChangeStamps(nested, change));
            }
        }

        return changed;
    }

    /// <summary>Random stamps lie near the ends of what a stamp can hold; these are not.</summary>
    private static void LimitStamps(RosMessage message)
    {
        if (message.Type.Name == "builtin_interfaces/msg/Time")
            message["sec"] = message.Get<int>("sec") / 4;
        foreach (var nested in message.FieldValues.SelectMany(Nested))
            LimitStamps(nested);
    }

    private static int RenameFrames(RosMessage message)
    {
        var changed = 0;
        for (var i = 0; i < message.FieldValues.Length; i++)
        {
            if (message.FieldValues[i] is string { Length: > 0 } name && (message.Type.Fields[i].Name == "frame_id" || message.Type.Fields[i].Name.EndsWith("_frame_id", StringComparison.Ordinal)))
            {
                message.FieldValues[i] = name switch { "map" => "map", "odom" => "o", "base_link" => "한국어", _ => $"robot_7/{name}" };
                changed++;
            }
            else
            {
                changed += Nested(message.FieldValues[i]).Sum(RenameFrames);
            }
        }

        return changed;
    }

    /// <summary>Where the positions of types lie whose header says in which frame.</summary>
    private static Dictionary<string, Func<RosMessage, RosMessage[]>> PositionsOf { get; } = new()
    {
        ["nav_msgs/msg/Odometry"] = message => [message.Get<RosMessage>("pose.pose.position")],
        ["geometry_msgs/msg/PoseStamped"] = message => [message.Get<RosMessage>("pose.position")],
        ["geometry_msgs/msg/PoseWithCovarianceStamped"] = message => [message.Get<RosMessage>("pose.pose.position")],
        ["geometry_msgs/msg/PointStamped"] = message => [message.Get<RosMessage>("point")],
        ["geometry_msgs/msg/PoseArray"] = message => [.. message.Get<RosMessage[]>("poses").Select(pose => pose.Get<RosMessage>("position"))],
        ["geometry_msgs/msg/TransformStamped"] = message =>
            s_globalFrames.Contains(message.Get<string>("child_frame_id")) ? [] : [message.Get<RosMessage>("transform.translation")],
    };

    private static int Move(RosMessage message)
    {
        if (!PositionsOf.TryGetValue(message.Type.Name, out var positionsOf))
            return message.FieldValues.SelectMany(Nested).Sum(Move);
        if (!s_globalFrames.Contains(message.Get<string>("header.frame_id")))
            return 0;
        var positions = positionsOf(message);
        foreach (var position in positions)
        {
            position["x"] = position.Get<double>("x") + s_offset.X;
            position["y"] = position.Get<double>("y") + s_offset.Y;
            position["z"] = position.Get<double>("z") + s_offset.Z;
        }

        return positions.Length;
    }

    private static IEnumerable<RosMessage> Nested(object? value) => value switch { RosMessage message => [message], RosMessage[] messages => messages, _ => [] };

    private sealed record Case(MessageSchema Schema, MessageCodec Codec, PayloadRewriter Rewriter, CdrForm Form, RosMessage Message);
}
