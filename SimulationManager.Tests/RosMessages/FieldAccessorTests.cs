using System.Globalization;
using System.Text;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

public class FieldAccessorTests
{
    [Fact]
    public void Every_field_outside_of_arrays_is_read_as_the_decoder_reads_it()
    {
        var read = 0;
        foreach (var (schema, index) in TestTypes.All.Select((schema, index) => (schema, index)))
        {
            var form = TestTypes.Forms[index % TestTypes.Forms.Length];
            var codec = new MessageCodec(schema, form.WideStrings);
            var accessors = Paths(schema, schema.Root, "").Select(path => (Path: path, Accessor: new FieldAccessor(schema, path, form.WideStrings))).ToArray();
            foreach (var message in TestTypes.Messages(codec, index, count: 3))
            {
                var payload = codec.Encode(message, form);
                foreach (var (path, accessor) in accessors)
                {
                    Assert.Equal(message.Get<object>(path), Read(accessor, message.Get<object>(path), payload, path));
                    if (accessor.IsNumber) Assert.Equal(Convert.ToDouble(message.Get<object>(path), CultureInfo.InvariantCulture), accessor.ReadNumber(payload));
                    else Assert.Throws<RosMessageException>(() => accessor.ReadNumber(payload));
                    read++;
                }
            }
        }

        Assert.InRange(read, 2_000, 100_000);
    }

    private static IEnumerable<string> Paths(MessageSchema schema, MessageType type, string prefix) => type.Fields.SelectMany(field =>
        field.Type is { Kind: FieldKind.Message, Array: ArrayKind.None } ? Paths(schema, schema.Find(field.Type.MessageName), $"{prefix}{field.Name}.")
        : field.Type.Array == ArrayKind.None && field.Type.Kind != FieldKind.WString ? [prefix + field.Name]
        : field.Type.Kind == FieldKind.Float64 ? [prefix + field.Name] : []);

    private static object Read(FieldAccessor accessor, object expected, byte[] payload, string path) => expected switch
    {
        bool => accessor.Read<bool>(payload),
        byte => accessor.Read<byte>(payload),
        sbyte => accessor.Read<sbyte>(payload),
        short => accessor.Read<short>(payload),
        ushort => accessor.Read<ushort>(payload),
        int => accessor.Read<int>(payload),
        uint => accessor.Read<uint>(payload),
        long => accessor.Read<long>(payload),
        ulong => accessor.Read<ulong>(payload),
        float => accessor.Read<float>(payload),
        double => accessor.Read<double>(payload),
        string => CdrText.Decode(accessor.ReadText(payload)),
        double[] numbers => Float64s(accessor, payload, numbers.Length),
        _ => throw new InvalidOperationException($"{path} is a {expected.GetType().Name}."),
    };

    private static double[] Float64s(FieldAccessor accessor, byte[] payload, int count)
    {
        var numbers = new double[count];
        Assert.Equal(count, accessor.ReadFloat64s(payload, numbers));
        Assert.Equal(count, accessor.ReadFloat64s(payload, []));
        return numbers;
    }

    [Fact]
    public void Hot_fields_of_recorded_odometry_are_read()
    {
        var (_, _, schema, _, payload) = Bags.Messages.First(message => message.Topic == "/odom");
        var decoded = new MessageCodec(schema).Decode(payload);
        var twist = new double[6];

        Assert.Equal((decoded.Get<int>("header.stamp.sec") * 1_000_000_000L) + decoded.Get<uint>("header.stamp.nanosec"), new FieldAccessor(schema, "header.stamp").ReadNanoseconds(payload));
        Assert.Equal("odom", Encoding.UTF8.GetString(new FieldAccessor(schema, "header.frame_id").ReadText(payload)));
        Assert.Equal(6, new FieldAccessor(schema, "twist.twist").ReadFloat64s(payload, twist));
        Assert.Equal([decoded.Get<double>("twist.twist.linear.x"), decoded.Get<double>("twist.twist.angular.z")], [twist[0], twist[5]]);
        Assert.Equal(
            (decoded.Get<double>("pose.pose.position.x"), decoded.Get<double>("pose.pose.position.y"), decoded.Get<double>("pose.pose.orientation.w")),
            new FieldAccessor(schema, "pose.pose").ReadPose(payload) is var pose ? (pose.X, pose.Y, pose.Qw) : default);
    }

    [Theory]
    [InlineData(CdrRepresentation.Cdr1LittleEndian)]
    [InlineData(CdrRepresentation.Cdr1BigEndian)]
    [InlineData(CdrRepresentation.Cdr2LittleEndian)]
    [InlineData(CdrRepresentation.Cdr2BigEndian)]
    public void Transforms_are_read_one_by_one(CdrRepresentation representation)
    {
        var codec = new MessageCodec(TestTypes.Find("tf2_msgs/msg/TFMessage"));
        foreach (var message in TestTypes.Messages(codec, seed: 5, count: 50))
        {
            var expected = message.Get<RosMessage[]>("transforms").Select(transform =>
                ((transform.Get<int>("header.stamp.sec") * 1_000_000_000L) + transform.Get<uint>("header.stamp.nanosec"), transform.Get<string>("header.frame_id"),
                transform.Get<string>("child_frame_id"), transform.Get<double>("transform.translation.y"), transform.Get<double>("transform.rotation.w")));

            var read = new List<(long, string, string, double, double)>();
            foreach (var transform in new TransformReader(codec.Encode(message, new CdrForm { Representation = representation })))
                read.Add((transform.StampNs, CdrText.Decode(transform.FrameId), CdrText.Decode(transform.ChildFrameId), transform.Pose.Y, transform.Pose.Qw));

            Assert.Equal(expected, read);
        }
    }

    [Fact]
    public void Reading_does_not_allocate()
    {
        var (_, _, schema, _, odometry) = Bags.Messages.First(message => message.Topic == "/odom");
        var transforms = Bags.Messages.First(message => message.Topic == "/tf").Payload;
        var stamp = new FieldAccessor(schema, "header.stamp");
        var child = new FieldAccessor(schema, "child_frame_id");
        var pose = new FieldAccessor(schema, "pose.pose");
        var covariance = new FieldAccessor(schema, "pose.covariance");
        var numbers = new double[36];

        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                stamp.ReadNanoseconds(odometry);
                child.ReadText(odometry);
                pose.ReadPose(odometry);
                covariance.ReadFloat64s(odometry, numbers);
                foreach (var transform in new TransformReader(transforms))
                    numbers[0] += transform.Pose.X;
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        Assert.Equal(0, Run());
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("header.nothing")]
    [InlineData("header.stamp.sec.x")]
    [InlineData("")]
    [InlineData("poses.position")]
    public void Field_that_is_not_there_is_an_error(string path) =>
        Assert.Equal(RosMessageError.FieldUnsuitable, Assert.Throws<RosMessageException>(() => new FieldAccessor(TestTypes.Find("geometry_msgs/msg/PoseArray"), path)).Error);

    [Fact]
    public void Field_of_another_type_or_cut_off_is_an_error()
    {
        var schema = TestTypes.Find("nav_msgs/msg/Odometry");
        var payload = new MessageCodec(schema).Encode(new MessageCodec(schema).Create());
        var stamp = new FieldAccessor(schema, "header.stamp");
        var sec = new FieldAccessor(schema, "header.stamp.sec");
        var frame = new FieldAccessor(schema, "header.frame_id");
        var twist = new FieldAccessor(schema, "twist.twist");
        Action[] unsuitable =
        [
            () => stamp.ReadText(payload), () => stamp.Read<long>(payload), () => sec.Read<uint>(payload), () => frame.ReadNanoseconds(payload),
            () => twist.ReadPose(payload), () => frame.ReadFloat64s(payload, new double[1]),
        ];
        Action[] cut = [() => stamp.ReadNanoseconds(payload.AsSpan(0, 11)), () => frame.ReadText(payload.AsSpan(0, 12)), () => twist.ReadFloat64s(payload.AsSpan(0, 100), [])];

        Assert.All(unsuitable, action => Assert.Equal(RosMessageError.FieldUnsuitable, Assert.Throws<RosMessageException>(action).Error));
        Assert.All(cut, action => Assert.Equal(RosMessageError.PayloadTruncated, Assert.Throws<RosMessageException>(action).Error));
    }
}
