using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary>What a client sends: the members that are heeded here, of whatever kind the operation is.</summary>
internal sealed class RosbridgeOperation
{
    private const int LongestName = 1000;
    private const int LongestId = 200;
    private const double LongestThrottle = 3_600_000;

    private readonly JsonObject _members;

    private RosbridgeOperation(JsonObject members) => _members = members;

    /// <summary>What is to be done.</summary>
    public string Name => Text("op") ?? "";

    /// <summary>The client's name for it; null: it has none.</summary>
    public string? Id => _members["id"] switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => text[..Math.Min(text.Length, LongestId)],
        JsonValue value when value.TryGetValue<long>(out var number) => $"{number}",
        _ => null,
    };

    /// <summary>The topic, with its first slash.</summary>
    public string Topic => Text("topic") is { Length: > 0 } topic && topic[0] != '/' ? $"/{topic}" : Text("topic") ?? "";

    /// <summary>The type that the client takes the topic's messages for; null: it does not say.</summary>
    public string? Type => Text("type");

    /// <summary>The service.</summary>
    public string Service => Text("service") ?? "";

    /// <summary>What a service is called with.</summary>
    public JsonObject Arguments => _members["args"] as JsonObject ?? [];

    /// <summary>The level of what the client wants to be told.</summary>
    public string Level => Text("level") ?? "";

    /// <summary>How messages of the topic are to come.</summary>
    public SubscribeOptions Options => new(
        Text("compression") switch { "png" => RosbridgeCompression.Png, "cbor" => RosbridgeCompression.Cbor, "cbor-raw" => RosbridgeCompression.CborRaw, _ => RosbridgeCompression.None },
        TimeSpan.FromMilliseconds(Number("throttle_rate", LongestThrottle)),
        (int)Number("queue_length", int.MaxValue),
        (int)Number("fragment_size", int.MaxValue));

    /// <summary>Reads an operation.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static RosbridgeOperation Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject members && members["op"] is JsonValue name && name.TryGetValue<string>(out _)
                ? new RosbridgeOperation(members)
                : throw new FormatException("an operation is a JSON object with a member 'op'");
        }
        // A member that is there twice is found out when members are asked for.
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new FormatException("an operation is a JSON object with a member 'op'", exception);
        }
    }

    /// <summary>Why it cannot be done, as a subscription; null when it can.</summary>
    public string? ProblemOfSubscription()
    {
        if (Topic.Length is 0 or > LongestName) return $"'{Name}' names a topic, of {LongestName} characters at most";
        if (Text("compression") is { } compression && compression is not ("none" or "png" or "cbor" or "cbor-raw" or ""))
            return $"there is no compression '{compression[..Math.Min(compression.Length, LongestId)]}'; those are none, png, cbor, cbor-raw";
        return null;
    }

    private string? Text(string member) => _members[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>A number that is not negative; 0: there is none.</summary>
    private double Number(string member, double most) =>
        _members[member] is JsonValue value && value.TryGetValue<double>(out var number) && number > 0 ? Math.Min(number, most) : 0;
}
