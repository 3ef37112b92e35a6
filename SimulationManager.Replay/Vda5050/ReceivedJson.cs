using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace SimulationManager.Replay.Vda5050;

/// <summary>Reads what a vehicle is sent. Whatever that is, the outcome is a message or a text that says why not.</summary>
internal static class ReceivedJson
{
    private const int LongestText = 300;

    private static readonly string[] s_references = ["headerId", "orderId", "orderUpdateId"];

    public static T? Read<T>(ReadOnlySpan<byte> payload, JsonTypeInfo<T> type, out string problem)
        where T : class
    {
        problem = "";
        try
        {
            CheckTexts(payload);
            var message = JsonSerializer.Deserialize(payload, type);
            if (message is null) problem = "The message is null.";
            return message;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            problem = Shorten(error.Message);
            return null;
        }
    }

    /// <summary>What an error about a message refers to, as far as it can be read from the message.</summary>
    public static List<KeyValuePair<string, string>> FindReferences(ReadOnlySpan<byte> payload)
    {
        var found = new List<KeyValuePair<string, string>>();
        try
        {
            var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = ProtocolLimits.Depth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return found;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                if (s_references.Contains(name) && found.TrueForAll(reference => reference.Key != name))
                {
                    if (reader.TokenType == JsonTokenType.String) found.Add(new(name, Shorten(reader.GetString()!)));
                    else if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out var number)) found.Add(new(name, $"{number}"));
                }
                reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // What was found before the damage is what can be said.
        }
        return found;
    }

    /// <summary>
    /// Finds what is no text: bytes that are not UTF-8, escaped halves of surrogate pairs. The parser passes over them where it need not
    /// know the text, in values of action parameters for one, and whoever needs it later would fail.
    /// </summary>
    private static void CheckTexts(ReadOnlySpan<byte> payload)
    {
        if (!Utf8.IsValid(payload)) throw new JsonException("The message is not UTF-8.");
        if (payload.IndexOf("\\u"u8) < 0) return;
        var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = ProtocolLimits.Depth });
        while (reader.Read())
        {
            if (reader.ValueIsEscaped && reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) reader.GetString();
        }
    }

    /// <summary>A text of ours that quotes the sender's is not as long as that one likes.</summary>
    public static string Shorten(string text) => text.Length <= LongestText ? text : $"{text.AsSpan(0, LongestText)}…";
}
