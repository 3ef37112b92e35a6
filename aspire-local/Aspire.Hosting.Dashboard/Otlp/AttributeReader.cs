using System.Globalization;
using System.Text;
using System.Text.Json;
using Aspire.Hosting.Dashboard.Telemetry;
using CommunityToolkit.HighPerformance.Buffers;
using Google.Protobuf.Collections;
using Microsoft.Extensions.Options;
using OpenTelemetry.Proto.Common.V1;

namespace Aspire.Hosting.Dashboard.Otlp;

/// <summary>Turns OTLP attributes into stored ones, within the limits, sharing the strings that repeat.</summary>
internal sealed class AttributeReader(IOptions<TelemetryLimits> options)
{
    private const int LongestSharedText = 64;
    private const int DeepestNesting = 16;
    private readonly TelemetryLimits _limits = options.Value;
    private readonly StringPool _shared = new(16_384);

    /// <summary>The one instance of a text that repeats: names, keys and short values.</summary>
    public string Share(string text) => text.Length is 0 or > LongestSharedText ? text : _shared.GetOrAdd(text);

    public TelemetryAttribute[] Read(RepeatedField<KeyValue> attributes)
    {
        if (attributes.Count == 0)
            return [];
        var read = new TelemetryAttribute[Math.Min(attributes.Count, _limits.MaxAttributeCount)];
        for (var i = 0; i < read.Length; i++)
        {
            var (text, kind) = Read(attributes[i].Value);
            read[i] = new TelemetryAttribute(Share(Cut(attributes[i].Key, 512)), Share(text), kind);
        }

        return read;
    }

    public (string Text, AttributeKind Kind) Read(AnyValue? value) => value?.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => (Cut(value.StringValue), AttributeKind.Text),
        AnyValue.ValueOneofCase.BoolValue => (value.BoolValue ? "true" : "false", AttributeKind.Boolean),
        AnyValue.ValueOneofCase.IntValue => (value.IntValue.ToString(CultureInfo.InvariantCulture), AttributeKind.Integer),
        AnyValue.ValueOneofCase.DoubleValue => (value.DoubleValue.ToString("R", CultureInfo.InvariantCulture), AttributeKind.Number),
        AnyValue.ValueOneofCase.BytesValue => (Cut(Convert.ToBase64String(value.BytesValue.Span[..Math.Min(value.BytesValue.Length, _limits.MaxAttributeLength)])), AttributeKind.Bytes),
        AnyValue.ValueOneofCase.ArrayValue or AnyValue.ValueOneofCase.KvlistValue => (Cut(ToJson(value)), AttributeKind.Json),
        _ => ("", AttributeKind.Text),
    };

    public string Cut(string text) => Cut(text, _limits.MaxAttributeLength);

    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
            return text;
        // Not between the two halves of a character outside the basic plane.
        var end = char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1;
        return string.Concat(text.AsSpan(0, end), "…");
    }

    private static string ToJson(AnyValue value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(writer, value, 0);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter writer, AnyValue? value, int depth)
    {
        switch (value?.ValueCase)
        {
            case AnyValue.ValueOneofCase.StringValue: writer.WriteStringValue(value.StringValue); break;
            case AnyValue.ValueOneofCase.BoolValue: writer.WriteBooleanValue(value.BoolValue); break;
            case AnyValue.ValueOneofCase.IntValue: writer.WriteNumberValue(value.IntValue); break;
            case AnyValue.ValueOneofCase.DoubleValue when double.IsFinite(value.DoubleValue): writer.WriteNumberValue(value.DoubleValue); break;
            case AnyValue.ValueOneofCase.DoubleValue: writer.WriteStringValue(value.DoubleValue.ToString(CultureInfo.InvariantCulture)); break;
            case AnyValue.ValueOneofCase.BytesValue: writer.WriteBase64StringValue(value.BytesValue.Span); break;
            case AnyValue.ValueOneofCase.ArrayValue when depth < DeepestNesting:
                writer.WriteStartArray();
                foreach (var item in value.ArrayValue.Values)
                    Write(writer, item, depth + 1);
                writer.WriteEndArray();
                break;
            case AnyValue.ValueOneofCase.KvlistValue when depth < DeepestNesting:
                writer.WriteStartObject();
                foreach (var pair in value.KvlistValue.Values)
                {
                    writer.WritePropertyName(pair.Key);
                    Write(writer, pair.Value, depth + 1);
                }

                writer.WriteEndObject();
                break;
            default: writer.WriteNullValue(); break;
        }
    }
}
