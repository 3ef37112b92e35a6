using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

/// <summary>What is rewritten inside payloads is what decoding, changing the objects and encoding them gives.</summary>
public class PayloadRewriterTests
{
    private static readonly FrameNames s_names = new("robot_7/", new Dictionary<string, string> { ["map"] = "map", ["odom"] = "o", ["base_link"] = "한국어" });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1_500_000_001)]
    [InlineData(86_400_000_000_000)]
    public void Stamps_are_shifted_where_they_are(long offsetNs)
    {
        var changed = 0;
        foreach (var (schema, codec, rewriter, form, message) in Cases())
        {
            LimitStamps(message);
            var payload = codec.Encode(message, form);
            var expected = ChangeStamps(message, time => time + offsetNs);

            Assert.Equal(expected, rewriter.ShiftStamps(payload, offsetNs));

            Assert.True(codec.Encode(message, form).AsSpan().SequenceEqual(payload), schema.Root.Name);
            Assert.True(expected == 0 || rewriter.HasStamps);
            changed += expected;
        }

        Assert.InRange(changed, 1_000, 100_000);
    }

    [Fact]
    public void Stamps_are_replaced_where_they_are()
    {
        foreach (var (schema, codec, rewriter, form, message) in Cases())
        {
            var payload = codec.Encode(message, form);
            var expected = ChangeStamps(message, _ => 1_700_000_000_123_456_789);

            Assert.Equal(expected, rewriter.SetStamps(payload, 1_700_000_000_123_456_789));

            Assert.True(codec.Encode(message, form).AsSpan().SequenceEqual(payload), schema.Root.Name);
        }
    }

    [Fact]
    public void Frames_are_renamed_and_what_follows_is_aligned_anew()
    {
        var changed = 0;
        foreach (var (schema, codec, rewriter, form, message) in Cases())
        {
            var payload = codec.Encode(message, form);
            changed += RenameFrames(message);
            var expected = codec.Encode(message, form);
            var destination = new byte[expected.Length + 8];
            destination.AsSpan().Fill(0xEE);

            Assert.True(rewriter.TryRenameFrames(payload, s_names, destination, out var written));

            Assert.True(expected.AsSpan().SequenceEqual(destination.AsSpan(0, written)), $"{schema.Root.Name} {form}");
            for (var length = 0; length < expected.Length; length += Math.Max(1, expected.Length / 20))
                Assert.False(rewriter.TryRenameFrames(payload, s_names, destination.AsSpan(0, length), out _));
        }

        Assert.InRange(changed, 1_000, 100_000);
    }

    [Fact]
    public void Recorded_messages_are_rewritten_as_objects_are()
    {
        foreach (var (bag, topic, schema, _, recorded) in Bags.Messages)
        {
            var codec = new MessageCodec(schema);
            var rewriter = new PayloadRewriter(schema);
            var form = CdrForm.Of(recorded);
            var message = codec.Decode(recorded);
            var payload = codec.Encode(message, form);
            var stamps = ChangeStamps(message, time => time + 12_345_678_901);
            RenameFrames(message);
            var destination = new byte[payload.Length + 1_000];

            Assert.True(rewriter.TryRenameFrames(payload, s_names, destination, out var written));
            Assert.Equal(stamps, rewriter.ShiftStamps(destination.AsSpan(0, written), 12_345_678_901));

            Assert.True(codec.Encode(message, form).AsSpan().SequenceEqual(destination.AsSpan(0, written)), $"{bag} {topic}");
        }
    }

    private static IEnumerable<(MessageSchema Schema, MessageCodec Codec, PayloadRewriter Rewriter, CdrForm Form, RosMessage Message)> Cases()
    {
        foreach (var (schema, index) in TestTypes.All.Select((schema, index) => (schema, index)))
        {
            var isOdd = schema.Root.Name == "demo_msgs/msg/Odd";
            foreach (var form in isOdd ? TestTypes.Forms : [TestTypes.Forms[index % TestTypes.Forms.Length], CdrForm.LittleEndian with { PadsToFourBytes = index % 2 == 0 }])
            {
                var codec = new MessageCodec(schema, form.WideStrings);
                var rewriter = new PayloadRewriter(schema, form.WideStrings);
                foreach (var message in TestTypes.Messages(codec, index, count: isOdd ? 20 : 4))
                    yield return (schema, codec, rewriter, form, message);
            }
        }
    }

    private static int ChangeStamps(RosMessage message, Func<long, long> change)
    {
        var changed = 0;
        foreach (var (field, value) in message.Type.Fields.Zip(message.FieldValues))
        {
            if (field is { Name: "stamp", Type: { MessageName: "builtin_interfaces/msg/Time", Array: ArrayKind.None } })
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

    private static IEnumerable<RosMessage> Nested(object? value) => value switch { RosMessage message => [message], RosMessage[] messages => messages, _ => [] };

    [Fact]
    public void Rewriting_does_not_allocate()
    {
        var cases = Bags.Messages.Where(message => message.Bag == "robot").DistinctBy(message => message.Topic)
            .Select(message => (Rewriter: new PayloadRewriter(message.Schema), message.Payload)).ToArray();
        var destination = new byte[10_000];

        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var (rewriter, payload) in cases)
            {
                for (var i = 0; i < 100; i++)
                {
                    rewriter.TryRenameFrames(payload, s_names, destination, out var written);
                    rewriter.ShiftStamps(destination.AsSpan(0, written), 1);
                }
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        Assert.Equal(5, cases.Length);
        Assert.Equal(0, Run());
    }

    [Fact]
    public void Stamp_out_of_range_is_an_error_and_none_stays_none()
    {
        var schema = TestTypes.Find("std_msgs/msg/Header");
        var codec = new MessageCodec(schema);
        var rewriter = new PayloadRewriter(schema);
        var none = codec.Encode(codec.Create());
        Assert.Equal(0, rewriter.ShiftStamps(none, 5));
        Assert.Equal(0, rewriter.SetStamps(none, 5));
        Assert.Equal(codec.Encode(codec.Create()), none);

        var message = codec.Create();
        message.Get<RosMessage>("stamp")["sec"] = int.MaxValue;
        var payload = codec.Encode(message);
        foreach (var action in new Action[]
        {
            () => rewriter.ShiftStamps(payload, 1_000_000_000), () => rewriter.ShiftStamps(payload, long.MaxValue), () => rewriter.ShiftStamps(payload, long.MinValue),
            () => rewriter.SetStamps(payload, long.MaxValue), () => rewriter.SetStamps(payload, -3_000_000_000_000_000_000),
        })
            Assert.Equal(RosMessageError.StampOutOfRange, Assert.Throws<RosMessageException>(action).Error);
        Assert.Equal(codec.Encode(message), payload);
        Assert.Equal(RosMessageError.PayloadTruncated, Assert.Throws<RosMessageException>(() => rewriter.ShiftStamps(payload.AsSpan(0, 11), 1)).Error);
    }

    [Fact]
    public void Types_without_stamps_or_frames_are_known_as_such()
    {
        Assert.Equal((false, false), Has("geometry_msgs/msg/Twist"));
        Assert.Equal((true, false), Has("rcl_interfaces/msg/Log"));
        Assert.Equal((true, true), Has("tf2_msgs/msg/TFMessage"));

        static (bool, bool) Has(string type) => new PayloadRewriter(TestTypes.Find(type)) is var rewriter ? (rewriter.HasStamps, rewriter.HasFrames) : default;
    }
}
