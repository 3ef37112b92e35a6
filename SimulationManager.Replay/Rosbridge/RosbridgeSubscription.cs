using System.Formats.Cbor;
using System.Text.Json.Nodes;

namespace SimulationManager.Replay;

/// <summary>A topic that is subscribed to: its exact name, and its type where that is named.</summary>
internal sealed record RosbridgeSubscription(string Topic, string Type)
{
    /// <summary>Reads <c>/name</c> or <c>/name package/msg/Type</c>.</summary>
    public static RosbridgeSubscription Parse(string text) => text.Split(' ') is [var topic, var type] ? new(topic, type) : new(text, "");

    /// <summary>Why a text is no subscription, as a clause without its subject; null when it is one.</summary>
    public static string? ProblemOf(string text) => text.Split(' ') switch
    {
        [var topic] when topic.Contains('*', StringComparison.Ordinal) => "holds '*': rosbridge knows no patterns, write each topic's name",
        [var topic] => RosNames.ProblemOfTopic(topic),
        [var topic, var type] => RosNames.ProblemOfTopic(topic) ?? (RosNames.MangleType(type) is null ? $"names '{type}', which is no type such as nav_msgs/msg/Odometry" : null),
        _ => "must be a topic's name, and may have its type behind a blank: /odom nav_msgs/msg/Odometry",
    };

    /// <summary>The operation that asks for it, serialized as ROS does it where the server can.</summary>
    public JsonObject ToOperation()
    {
        var operation = new JsonObject { ["op"] = "subscribe", ["topic"] = Topic, ["compression"] = "cbor-raw", ["throttle_rate"] = 0, ["queue_length"] = 0 };
        if (Type.Length > 0) operation["type"] = Type;
        return operation;
    }

    /// <summary>Reads a message that was asked for as <c>cbor-raw</c>: <c>{op, topic, msg: {secs, nsecs, bytes}}</c>.</summary>
    /// <returns>The topic and the bytes as ROS serializes them; null: it is none.</returns>
    public static (string Topic, byte[] Bytes)? ReadRaw(ReadOnlyMemory<byte> cbor)
    {
        try
        {
            var reader = new CborReader(cbor, CborConformanceMode.Lax);
            string? topic = null;
            byte[]? bytes = null;
            reader.ReadStartMap();
            while (reader.PeekState() != CborReaderState.EndMap)
            {
                switch (reader.ReadTextString())
                {
                    case "topic":
                        topic = reader.ReadTextString();
                        break;
                    case "msg" when reader.PeekState() == CborReaderState.StartMap:
                        bytes = ReadBytes(reader);
                        break;
                    default:
                        reader.SkipValue();
                        break;
                }
            }
            return topic is null || bytes is null ? null : (topic, bytes);
        }
        catch (Exception exception) when (exception is CborContentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[]? ReadBytes(CborReader reader)
    {
        byte[]? bytes = null;
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            if (reader.ReadTextString() == "bytes") bytes = reader.ReadByteString();
            else reader.SkipValue();
        }
        reader.ReadEndMap();
        return bytes;
    }
}
