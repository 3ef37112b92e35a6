using System.Buffers;
using System.Text;
using System.Text.Json;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

public class MessageCodecTests
{
    [Fact]
    public void Every_message_of_every_bag_comes_back_from_object_and_json()
    {
        Assert.InRange(Bags.Messages.Count, 3_000, 10_000);
        var padded = new HashSet<string>();
        foreach (var (bag, topic, schema, _, payload) in Bags.Messages)
        {
            var codec = new MessageCodec(schema);
            var form = CdrForm.Of(payload);
            var json = Json(codec, payload);
            using var document = JsonDocument.Parse(json);
            var fromObject = codec.Encode(codec.Decode(payload), form);
            var fromJson = codec.Encode(codec.ReadJson(json), form);
            Assert.Equal(fromObject, fromJson);
            if (payload.AsSpan().SequenceEqual(fromJson))
                continue;
            // Some writers leave in the padding what was there before: bytes that differ are zero, and say nothing of the message.
            padded.Add($"{bag} {topic}");
            Assert.Equal(payload.Length, fromJson.Length);
            Assert.All(payload.Zip(fromJson), pair => Assert.True(pair.First == pair.Second || pair.Second == 0));
            Assert.Equal(json, Json(codec, fromJson));
        }

        Assert.Equal(["talker /rosout"], padded);
    }

    [Fact]
    public void Random_messages_of_every_type_come_back_in_every_form()
    {
        foreach (var (schema, index) in TestTypes.All.Select((schema, index) => (schema, index)))
        {
            var form = TestTypes.Forms[index % TestTypes.Forms.Length];
            foreach (var other in schema.Root.Name == "demo_msgs/msg/Odd" ? TestTypes.Forms : [form, CdrForm.LittleEndian])
            {
                var codec = new MessageCodec(schema, other.WideStrings);
                foreach (var message in TestTypes.Messages(codec, index, count: schema.Root.Name == "demo_msgs/msg/Odd" ? 30 : 4))
                {
                    var payload = codec.Encode(message, other);
                    Assert.Equal(payload, codec.Encode(codec.Decode(payload), other));
                    var json = Json(codec, payload);
                    using var document = JsonDocument.Parse(json);
                    Assert.True(payload.AsSpan().SequenceEqual(codec.Encode(codec.ReadJson(json), other)), $"{schema.Root.Name} {other}: {Encoding.UTF8.GetString(json)}");
                }
            }
        }
    }

    [Fact]
    public void Json_has_the_documented_form()
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", """
            bool flag
            int8 small
            uint8 octet
            int64 exact
            int64 large
            uint64 largest
            float32 single
            float64 double
            float64[5] special
            float64 nan
            string text
            wstring wide
            uint8[] data
            byte[3] raw
            int8[] grid
            string[] names
            std_msgs/Empty nothing
            builtin_interfaces/Time[<=2] times
            float32[] none
            """));
        var message = codec.Create();
        message["flag"] = true;
        message["small"] = (sbyte)-1;
        message["octet"] = (byte)255;
        message["exact"] = 9007199254740991;
        message["large"] = -9007199254740992;
        message["largest"] = ulong.MaxValue;
        message["single"] = 0.1f;
        message["double"] = 1e22;
        message["special"] = new[] { double.PositiveInfinity, double.NegativeInfinity, BitConverter.UInt64BitsToDouble(0x7FF8000000000000), -0.0, 1e6 };
        message["nan"] = double.NaN;
        message["text"] = "a\"\u0001\udcff 한";
        message["wide"] = "🤖\ud800";
        message["data"] = new byte[] { 0, 1, 255, 7 };
        message["raw"] = new byte[] { 1, 2, 3 };
        message["grid"] = new sbyte[] { -1, 100 };
        message["names"] = new[] { "a", "" };
        message["times"] = new[] { Time(codec, 1, 2) };

        Assert.Equal(
            """{"flag":true,"small":-1,"octet":255,"exact":9007199254740991,"large":"-9007199254740992","largest":"18446744073709551615","single":0.1,"double":1e+22,"special":["Infinity","-Infinity","NaN",-0,1000000],"nan":"NaN:fff8000000000000","text":"a\"\u0001\udcff 한","wide":"🤖\ud800","data":"AAH/Bw==","raw":"AQID","grid":[-1,100],"names":["a",""],"nothing":{},"times":[{"sec":1,"nanosec":2}],"none":[]}""",
            Encoding.UTF8.GetString(Json(codec, codec.Encode(message))));
    }

    private static RosMessage Time(MessageCodec codec, int sec, uint nanosec)
    {
        var time = new MessageCodec(MessageSchema.Resolve("builtin_interfaces/msg/Time", codec.Schema.Types.ToDictionary(type => type.Name), RosDistro.Kilted)).Create();
        (time["sec"], time["nanosec"]) = (sec, nanosec);
        return time;
    }

    [Fact]
    public void Json_may_leave_fields_out_and_write_numbers_and_bytes_in_other_ways()
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "float64 w 1\nuint8[] data\nint64 n\nuint64 m 5\ngeometry_msgs/Quaternion q\nstring s\nfloat32 f\nuint8[3] rgb [1, 2, 3]"));

        var message = codec.ReadJson("""{ "data": [1, 2], "n": "12", "s": "\u0041\/\ud83e\udd16\udc80", "f": 1e1, "q": {"x": "NaN"} }"""u8);

        Assert.Equal((1.0, 12L, 5UL, 1.0, double.NaN, "A/🤖\udc80", 10f), (message["w"], message["n"], message["m"], message.Get<double>("q.w"), message.Get<double>("q.x"), message["s"], message["f"]));
        Assert.Equal([1, 2], message.Get<byte[]>("data"));
        Assert.Equal([1, 2, 3], message.Get<byte[]>("rgb"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{} {}")]
    [InlineData("{")]
    [InlineData("{\"x\":1,}")]
    [InlineData("{\"nothing_like_it\":1}")]
    [InlineData("{\"structure_needs_at_least_one_member\":1}")]
    [InlineData("{\"x\":1,\"x\":1}")]
    [InlineData("{\"x\":\"1\"}")]
    [InlineData("{\"x\":1e400}")]
    [InlineData("{\"x\":null}")]
    [InlineData("{\"x\":\"NaN:0000000000000000\"}")]
    [InlineData("{\"i\":1.5}")]
    [InlineData("{\"i\":256}")]
    [InlineData("{\"i\":-1}")]
    [InlineData("{\"b\":1}")]
    [InlineData("{\"a\":[1,2]}")]
    [InlineData("{\"a\":[1,2,3,4]}")]
    [InlineData("{\"a\":{}}")]
    [InlineData("{\"c\":[1,2,3]}")]
    [InlineData("{\"d\":\"A\"}")]
    [InlineData("{\"d\":[256]}")]
    [InlineData("{\"s\":\"\\u12\"}")]
    [InlineData("{\"\\udc80\":1}")]
    public void Json_that_does_not_fit_is_an_error(string json)
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "float64 x\nuint8 i\nbool b\nfloat32[3] a\nfloat64[<=2] c\nuint8[] d\nstring s"));

        Assert.Equal(RosMessageError.JsonInvalid, Assert.Throws<RosMessageException>(() => codec.ReadJson(Encoding.UTF8.GetBytes(json))).Error);
        Assert.Equal(RosMessageError.JsonInvalid, Assert.Throws<RosMessageException>(() => codec.ReadJson([.. "{\"s\":\""u8, 0xFF, .. "\"}"u8])).Error);
    }

    [Theory]
    [InlineData("", RosMessageError.PayloadTruncated)]
    [InlineData("000100", RosMessageError.PayloadTruncated)]
    [InlineData("00020000", RosMessageError.EncapsulationUnsupported)]
    [InlineData("00090000", RosMessageError.EncapsulationUnsupported)]
    [InlineData("01000000", RosMessageError.EncapsulationUnsupported)]
    [InlineData("00010000", RosMessageError.PayloadTruncated)]
    [InlineData("00010000FFFFFFFF", RosMessageError.PayloadTruncated)]
    [InlineData("00010000FFFFFF7F", RosMessageError.PayloadTruncated)]
    [InlineData("00010000000000000000000000000000", RosMessageError.PayloadTruncated)]
    [InlineData("000100000000000002000000616200000000000000000000", RosMessageError.PayloadInvalid)]
    [InlineData("00010000000000000000000009000000000000000000000000", RosMessageError.PayloadInvalid)]
    [InlineData("0001000000000000000000000000000002", RosMessageError.PayloadInvalid)]
    [InlineData("0001000000000000000000000000000001", null)]
    [InlineData("0001000000000000000000000000000001000000", null)]
    [InlineData("000100000000000000000000000000000100000000000000", RosMessageError.PayloadInvalid)]
    public void Payload_that_does_not_fit_is_an_error(string hex, RosMessageError? error)
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "float64[] numbers\nstring text\nuint16[<=3] few\nbool flag"));
        var payload = Convert.FromHexString(hex);

        foreach (var action in new Action[] { () => codec.Decode(payload), () => Json(codec, payload) })
            Assert.Equal(error, (Record.Exception(action) as RosMessageException)?.Error);
    }

    [Fact]
    public void Lengths_are_checked_before_anything_is_allocated()
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "Empty[] empties\nstring[15000000] texts\n===\nMSG: demo_msgs/Empty"));
        byte[] payload = [0, 1, 0, 0, 255, 255, 255, 127, .. new byte[10_000]];

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<RosMessageException>(() => codec.Decode(payload));
        payload[7] = payload[6] = payload[5] = payload[4] = 0;
        Assert.Throws<RosMessageException>(() => codec.Decode(payload));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Value_of_the_wrong_type_or_length_is_an_error()
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "uint32 a\nuint8[2] b\nstring<=2 c\nint8[] d\nstd_msgs/Header h\nstring[] e"));
        (string, object?)[] values =
        [
            ("a", 1), ("a", "1"), ("b", new byte[3]), ("b", new sbyte[2]), ("b", (byte)1), ("c", "abc"), ("c", "한"), ("c", "\ud800"),
            ("d", new byte[2]), ("h", "x"), ("h", codec.Create()), ("e", new string[1]),
        ];

        foreach (var (field, value) in values)
        {
            var message = codec.Create();
            message[field] = value;
            Assert.Equal(RosMessageError.ValueInvalid, Assert.Throws<RosMessageException>(() => codec.Encode(message)).Error);
        }

        Assert.Equal(RosMessageError.FieldUnsuitable, Assert.Throws<RosMessageException>(() => codec.Create()["x"]).Error);
        Assert.Equal(RosMessageError.FieldUnsuitable, Assert.Throws<RosMessageException>(() => codec.Create().Get<int>("h.frame_id")).Error);
    }

    [Fact]
    public void Wchar_can_be_hashed_but_not_read()
    {
        var schema = MessageSchema.Parse("a/msg/A", "module a { module msg { struct A { wchar x; }; }; };", "ros2idl");

        Assert.StartsWith("RIHS01_", TypeHash.Compute(schema), StringComparison.Ordinal);
        Assert.Equal(RosMessageError.TypeUnsupported, Assert.Throws<RosMessageException>(() => new MessageCodec(schema)).Error);
    }

    [Fact]
    public void Xcdr2_aligns_to_four_bytes_and_puts_lengths_before_arrays_of_what_is_not_primitive()
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "uint8 a\nfloat64 b\nstring[] c\nuint8 d\nfloat64[] e"));
        var message = codec.Create();
        (message["a"], message["b"], message["c"], message["d"], message["e"]) = ((byte)1, 1.0, new[] { "x" }, (byte)2, new[] { 1.0 });

        Assert.Equal(
            "00070000" + "01000000" + "000000000000F03F" + "0A000000" + "01000000" + "02000000" + "7800" + "02" + "00" + "01000000" + "000000000000F03F",
            Convert.ToHexString(codec.Encode(message, new CdrForm { Representation = CdrRepresentation.Cdr2LittleEndian })));
    }

    [Fact]
    public void Json_for_rosbridge_has_numbers_only_where_the_message_has_numbers()
    {
        var codec = new MessageCodec(MessageSchema.Parse(
            "demo_msgs/msg/A", "int64 a\nuint64[] b\nfloat32 c\nfloat64[2] d\nfloat64 e\nbyte[] f\nuint8[<=4] g\nuint8[] h\nchar[2] i\nbyte[] j"));
        var payload = codec.Encode(codec.ReadJson("""
            {"a":"-9007199254740993","b":["18446744073709551615",2],"c":"-Infinity","d":["NaN:fff8000000000000",0.5],"e":"Infinity","f":"AQL/","g":"AwQ=","h":"BQY=","i":"Bwg=","j":""}
            """u8));
        var output = new ArrayBufferWriter<byte>();

        codec.WriteJson(payload, output, JsonForm.Rosbridge);

        Assert.Equal(
            """{"a":-9007199254740993,"b":[18446744073709551615,2],"c":-1e999,"d":[NaN,0.5],"e":1e999,"f":[1,2,255],"g":[3,4],"h":"BQY=","i":"Bwg=","j":[]}""",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    public static byte[] Json(MessageCodec codec, byte[] payload)
    {
        var output = new ArrayBufferWriter<byte>();
        codec.WriteJson(payload, output);
        return output.WrittenSpan.ToArray();
    }
}
