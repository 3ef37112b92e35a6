using System.Buffers;
using System.Formats.Cbor;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.RosMessages;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary>Operations that carry a message of a topic, made once for all clients that take them in the same form.</summary>
internal static class RosbridgeForms
{
    private const int NanosecondsPerSecond = 1_000_000_000;

    /// <summary>A <c>publish</c> operation.</summary>
    /// <param name="message">The message.</param>
    /// <param name="compression">In which form.</param>
    /// <returns>UTF-8 text, or CBOR; null: it has no such form, because it is damaged or its type is not known.</returns>
    public static byte[]? Publish(FeedMessage message, RosbridgeCompression compression) => message.As(compression, compression switch
    {
        RosbridgeCompression.Cbor => WriteCbor,
        RosbridgeCompression.CborRaw => WriteRaw,
        RosbridgeCompression.Png => WritePng,
        _ => WriteJson,
    });

    /// <summary>A text in pieces, each an operation of its own (<c>fragment</c>).</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="size">Characters of a piece.</param>
    /// <param name="id">Names the pieces that belong together.</param>
    public static IEnumerable<byte[]> Fragments(byte[] text, int size, string id)
    {
        var characters = Encoding.UTF8.GetString(text);
        var pieces = new List<string>();
        for (var start = 0; start < characters.Length;)
        {
            var end = Math.Min(start + size, characters.Length);
            // Half a pair of surrogates has no UTF-8.
            if (end < characters.Length && char.IsLowSurrogate(characters[end])) end++;
            pieces.Add(characters[start..end]);
            start = end;
        }
        return pieces.Select((piece, index) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["op"] = "fragment", ["id"] = id, ["data"] = piece, ["num"] = index, ["total"] = pieces.Count }));
    }

    private static bool WriteJson(FeedMessage message, IBufferWriter<byte> output)
    {
        if (message.Topic.Codec is not { } codec) return false;
        output.Write("{\"op\":\"publish\",\"topic\":"u8);
        output.Write(JsonSerializer.SerializeToUtf8Bytes(message.Name));
        output.Write(",\"msg\":"u8);
        return TryWrite(() => codec.WriteJson(message.Payload, output, JsonForm.Rosbridge), "}"u8, output);
    }

    private static bool WritePng(FeedMessage message, IBufferWriter<byte> output)
    {
        if (Publish(message, RosbridgeCompression.None) is not { } text) return false;
        output.Write("{\"op\":\"png\",\"data\":\""u8);
        output.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(PngText.Encode(text))));
        output.Write("\"}"u8);
        return true;
    }

    private static bool WriteCbor(FeedMessage message, IBufferWriter<byte> output)
    {
        if (message.Topic.Codec is not { } codec) return false;
        Begin(message, output);
        return TryWrite(() => codec.WriteCbor(message.Payload, output), [], output);
    }

    private static bool WriteRaw(FeedMessage message, IBufferWriter<byte> output)
    {
        Begin(message, output);
        var writer = new CborWriter();
        writer.WriteStartMap(3);
        writer.WriteTextString("secs");
        writer.WriteInt64(message.DueAt / NanosecondsPerSecond);
        writer.WriteTextString("nsecs");
        writer.WriteInt64(message.DueAt % NanosecondsPerSecond);
        writer.WriteTextString("bytes");
        writer.WriteByteString(message.Payload);
        writer.WriteEndMap();
        output.Write(writer.Encode());
        return true;
    }

    /// <summary>A map of three whose last value is still to come.</summary>
    private static void Begin(FeedMessage message, IBufferWriter<byte> output)
    {
        var writer = new CborWriter(CborConformanceMode.Lax, allowMultipleRootLevelValues: true);
        writer.WriteTextString("op");
        writer.WriteTextString("publish");
        writer.WriteTextString("topic");
        writer.WriteTextString(message.Name);
        writer.WriteTextString("msg");
        const byte mapOfThree = 0xA3;
        output.Write([mapOfThree]);
        output.Write(writer.Encode());
    }

    private static bool TryWrite(Action write, ReadOnlySpan<byte> end, IBufferWriter<byte> output)
    {
        try
        {
            write();
        }
        catch (RosMessageException)
        {
            return false;
        }
        output.Write(end);
        return true;
    }
}
