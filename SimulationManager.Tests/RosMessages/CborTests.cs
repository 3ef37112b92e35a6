using System.Buffers;
using System.Formats.Cbor;
using System.Text;
using System.Text.Json;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

/// <summary>Messages as CBOR, read by <c>System.Formats.Cbor</c>.</summary>
public class CborTests
{
    [Fact]
    public void Every_type_has_the_values_of_the_message_and_the_structure_of_its_json()
    {
        foreach (var (schema, index) in TestTypes.All.Select((schema, index) => (schema, index)))
        {
            var isOdd = schema.Root.Name == "demo_msgs/msg/Odd";
            foreach (var form in isOdd ? TestTypes.Forms : [TestTypes.Forms[index % TestTypes.Forms.Length], CdrForm.LittleEndian])
            {
                var codec = new MessageCodec(schema, form.WideStrings);
                foreach (var message in TestTypes.Messages(codec, index, count: isOdd ? 20 : 4))
                    AssertSame(codec, codec.Encode(message, form));
            }
        }
    }

    [Fact]
    public void Recorded_messages_are_the_same()
    {
        foreach (var message in Bags.Messages)
            AssertSame(new MessageCodec(message.Schema), message.Payload);
    }

    [Theory]
    [InlineData(0.0, "F90000")]
    [InlineData(-0.0, "F98000")]
    [InlineData(1.5, "F93E00")]
    [InlineData(65504.0, "F97BFF")]
    [InlineData(5.960464477539063e-8, "F90001")]
    [InlineData(65505.0, "FA477FE100")]
    [InlineData(3.4028234663852886e+38, "FA7F7FFFFF")]
    [InlineData(1.1, "FB3FF199999999999A")]
    [InlineData(1e300, "FB7E37E43C8800759C")]
    [InlineData(double.PositiveInfinity, "F97C00")]
    [InlineData(double.NegativeInfinity, "F9FC00")]
    public void Float_is_as_short_as_it_keeps_its_value(double value, string expected)
    {
        // The examples of RFC 8949, appendix A, and what lies beside them.
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "float64 x"));
        var message = codec.Create();
        message["x"] = value;

        Assert.Equal($"A16178{expected}", Convert.ToHexString(Cbor(codec, codec.Encode(message))));
    }

    [Theory]
    [InlineData(0x7FF8_0000_0000_0000, "F97E00")]
    [InlineData(0xFFF8_0000_0000_0000, "F9FE00")]
    [InlineData(0x7FF8_0000_0000_0001, "FB7FF8000000000001")]
    [InlineData(0x7FF0_0000_0000_0001, "FB7FF0000000000001")]
    [InlineData(0x7FF0_0400_0000_0000, "FB7FF0040000000000")]
    [InlineData(0xFFF8_0400_0000_0000, "F9FE01")]
    public void Nan_keeps_its_bits(ulong bits, string expected)
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "float64[2] x"));
        var message = codec.Create();
        message["x"] = new[] { BitConverter.UInt64BitsToDouble(bits), 0 };

        Assert.Equal($"A1617882{expected}F90000", Convert.ToHexString(Cbor(codec, codec.Encode(message))));
    }

    [Fact]
    public void What_cbor_has_no_text_for_is_bytes()
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "string s\nwstring w\nuint8[] b\nEmpty e\n===\nMSG: demo_msgs/Empty"));
        var message = codec.Create();
        (message["s"], message["w"], message["b"]) = ("x\udcff", "한\ud800🤖", new byte[] { 1, 2 });

        Assert.Equal("A4" + "6173" + "4278FF" + "6177" + "4AED959CEDA080F09FA496" + "6162" + "420102" + "6165" + "A0", Convert.ToHexString(Cbor(codec, codec.Encode(message))));
    }

    [Fact]
    public void Large_message_goes_out_in_pieces()
    {
        var codec = new MessageCodec(MessageSchema.Parse("demo_msgs/msg/A", "uint8[] data\nfloat32[] many\nstring[] texts"));
        var message = codec.Create();
        message["data"] = Enumerable.Range(0, 100_000).Select(value => (byte)value).ToArray();
        message["many"] = Enumerable.Range(0, 10_000).Select(value => value * 0.1f).ToArray();
        message["texts"] = Enumerable.Range(0, 5_000).Select(value => $"text {value}").ToArray();

        AssertSame(codec, codec.Encode(message));
    }

    [Fact]
    public void Writing_does_not_allocate()
    {
        var cases = Bags.Messages.Where(message => message.Bag == "robot").DistinctBy(message => message.Topic)
            .Select(message => (Codec: new MessageCodec(message.Schema), message.Payload)).ToArray();
        var output = new ArrayBufferWriter<byte>(100_000);

        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var (codec, payload) in cases)
            {
                for (var i = 0; i < 100; i++)
                {
                    output.ResetWrittenCount();
                    codec.WriteCbor(payload, output);
                }
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        Assert.Equal(0, Run());
    }

    [Theory]
    [InlineData(RosMessageError.PayloadTruncated, new byte[] { 0, 1, 0 })]
    [InlineData(RosMessageError.EncapsulationUnsupported, new byte[] { 0, 2, 0, 0, 0, 0, 0, 0 })]
    [InlineData(RosMessageError.PayloadTruncated, new byte[] { 0, 1, 0, 0, 255, 255, 255, 127 })]
    [InlineData(RosMessageError.PayloadInvalid, new byte[] { 0, 1, 0, 0, 2, 0, 0, 0, 65, 66 })]
    [InlineData(RosMessageError.PayloadInvalid, new byte[] { 0, 1, 0, 0, 2, 0, 0, 0, 65, 0, 0, 0, 9, 9, 9, 9 })]
    public void Damaged_payload_is_an_error(RosMessageError error, byte[] payload)
    {
        var codec = new MessageCodec(TestTypes.Find("std_msgs/msg/String"));

        Assert.Equal(error, Assert.Throws<RosMessageException>(() => Cbor(codec, payload)).Error);
    }

    internal static byte[] Cbor(MessageCodec codec, byte[] payload)
    {
        var output = new ArrayBufferWriter<byte>();
        codec.WriteCbor(payload, output);
        return output.WrittenSpan.ToArray();
    }

    private static void AssertSame(MessageCodec codec, byte[] payload)
    {
        var cbor = Cbor(codec, payload);
        var reader = new CborReader(cbor, CborConformanceMode.Strict);
        // What the framework makes of the same values must be the same bytes.
        var writer = new CborWriter(CborConformanceMode.Strict);
        using var json = JsonDocument.Parse(MessageCodecTests.Json(codec, payload));
        Walk(codec.Decode(payload), json.RootElement, reader, writer);
        Assert.Equal(0, reader.BytesRemaining);
        Assert.True(writer.Encode().AsSpan().SequenceEqual(cbor), codec.Schema.Root.Name);
    }

    private static void Walk(object? value, JsonElement json, CborReader reader, CborWriter writer)
    {
        switch (value)
        {
            case RosMessage message:
                WalkMessage(message, json, reader, writer);
                break;
            case bool flag:
                Assert.Equal((flag, flag), (reader.ReadBoolean(), json.GetBoolean()));
                writer.WriteBoolean(flag);
                break;
            case string text:
                WalkText(text, reader, writer);
                Assert.Equal(JsonValueKind.String, json.ValueKind);
                break;
            // The runtime takes an sbyte[] for a byte[].
            case byte[] bytes when value.GetType() == typeof(byte[]):
                Assert.Equal(bytes, reader.ReadByteString());
                Assert.Equal(bytes, json.GetBytesFromBase64());
                writer.WriteByteString(bytes);
                break;
            case Array array:
                WalkArray(array, json, reader, writer);
                break;
            case double or float:
                WalkFloat(Convert.ToDouble(value, null), value is float, reader, writer);
                break;
            case ulong number:
                Assert.Equal(number, reader.ReadUInt64());
                Assert.Equal($"{number}", json.ToString());
                writer.WriteUInt64(number);
                break;
            default:
                var integer = Convert.ToInt64(value, null);
                Assert.Equal(integer, reader.ReadInt64());
                Assert.Equal($"{integer}", json.ToString());
                writer.WriteInt64(integer);
                break;
        }
    }

    private static void WalkMessage(RosMessage message, JsonElement json, CborReader reader, CborWriter writer)
    {
        var names = json.EnumerateObject().Select(property => property.Name).ToArray();
        Assert.Equal(names.Length, reader.ReadStartMap());
        writer.WriteStartMap(names.Length);
        foreach (var name in names)
        {
            Assert.Equal(name, reader.ReadTextString());
            writer.WriteTextString(name);
            Walk(message[name], json.GetProperty(name), reader, writer);
        }

        reader.ReadEndMap();
        writer.WriteEndMap();
    }

    private static void WalkArray(Array array, JsonElement json, CborReader reader, CborWriter writer)
    {
        Assert.Equal((array.Length, array.Length), (reader.ReadStartArray(), json.GetArrayLength()));
        writer.WriteStartArray(array.Length);
        foreach (var (element, inJson) in array.Cast<object>().Zip(json.EnumerateArray()))
            Walk(element, inJson, reader, writer);
        reader.ReadEndArray();
        writer.WriteEndArray();
    }

    /// <summary>A text that is not one is bytes: those that it came from, or its code units where it is a <c>wstring</c>.</summary>
    private static void WalkText(string text, CborReader reader, CborWriter writer)
    {
        if (reader.PeekState() == CborReaderState.TextString)
        {
            Assert.Equal(text, reader.ReadTextString());
            writer.WriteTextString(text);
            return;
        }

        Assert.Throws<EncoderFallbackException>(() => new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text));
        var bytes = reader.ReadByteString();
        writer.WriteByteString(bytes);
        var isWide = Encoding.Latin1.GetString(bytes).Contains('\u00ED', StringComparison.Ordinal);
        Assert.True(isWide || CdrText.Decode(bytes) == text, text);
    }

    private static void WalkFloat(double value, bool isSingle, CborReader reader, CborWriter writer)
    {
        var encoded = reader.ReadEncodedValue().Span;
        writer.WriteEncodedValue(encoded);
        var read = new CborReader(encoded.ToArray()).ReadDouble();
        if (!double.IsNaN(value))
        {
            Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read));
            var framework = new CborWriter();
            if (isSingle)
                framework.WriteSingle((float)value);
            else
                framework.WriteDouble(value);
            Assert.Equal(framework.Encode(), encoded.ToArray());
            return;
        }

        // Its bits are another test's business: the framework's writer and reader change them.
        Assert.True(double.IsNaN(read));
    }
}
