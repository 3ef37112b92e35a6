using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace Aspire.Hosting.Dashboard.Otlp;

/// <summary>
/// OTLP's JSON encoding: protobuf's JSON mapping, but trace and span ids are hexadecimal instead of base64, and
/// enum values are numbers. <see href="https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding"/>
/// </summary>
internal static class OtlpJson
{
    private const int DeepestNesting = 64;
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true).WithRecursionLimit(DeepestNesting));
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(false).WithFormatEnumsAsIntegers(true));

    /// <exception cref="JsonException">The text is not JSON.</exception>
    /// <exception cref="InvalidProtocolBufferException">The JSON does not have the message's shape.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> json) where T : IMessage, new() =>
        (T)Parser.Parse(Encoding.UTF8.GetString(RewriteIds(json.Span, ToBase64)), new T().Descriptor);

    /// <summary>Writes a message as OTLP JSON in UTF-8.</summary>
    public static byte[] Format(IMessage message) => RewriteIds(Encoding.UTF8.GetBytes(Formatter.Format(message)), ToHexadecimal);

    private static string ToBase64(string hexadecimal)
    {
        try
        {
            return Convert.ToBase64String(Convert.FromHexString(hexadecimal));
        }
        catch (FormatException)
        {
            throw new JsonException($"'{(hexadecimal.Length > 40 ? hexadecimal[..40] : hexadecimal)}' is not a hexadecimal trace or span id.");
        }
    }

    private static string ToHexadecimal(string base64) => Convert.ToHexStringLower(Convert.FromBase64String(base64));

    private static byte[] RewriteIds(ReadOnlySpan<byte> json, Func<string, string> rewrite)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DeepestNesting * 2 });
        using var output = new MemoryStream(json.Length);
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true, MaxDepth = DeepestNesting * 2 }))
        {
            var isId = false;
            while (reader.Read())
                isId = Copy(ref reader, writer, isId, rewrite);
        }

        return output.ToArray();
    }

    /// <summary>Copies one token; returns whether it was the name of an id, so that the next token is rewritten.</summary>
    private static bool Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer, bool isId, Func<string, string> rewrite)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: writer.WriteStartObject(); break;
            case JsonTokenType.EndObject: writer.WriteEndObject(); break;
            case JsonTokenType.StartArray: writer.WriteStartArray(); break;
            case JsonTokenType.EndArray: writer.WriteEndArray(); break;
            case JsonTokenType.PropertyName:
                var name = reader.GetString()!;
                writer.WritePropertyName(name);
                return name is "traceId" or "spanId" or "parentSpanId" or "trace_id" or "span_id" or "parent_span_id";
            case JsonTokenType.String when isId: writer.WriteStringValue(rewrite(reader.GetString()!)); break;
            case JsonTokenType.String: writer.WriteStringValue(reader.GetString()); break;
            case JsonTokenType.Number: writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true); break;
            case JsonTokenType.True: writer.WriteBooleanValue(true); break;
            case JsonTokenType.False: writer.WriteBooleanValue(false); break;
            case JsonTokenType.Null: writer.WriteNullValue(); break;
        }

        return false;
    }
}
