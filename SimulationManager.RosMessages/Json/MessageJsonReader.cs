using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace SimulationManager.RosMessages;

/// <summary>Reads messages from JSON.</summary>
internal static class MessageJsonReader
{
    /// <summary>Each level of types is an object and perhaps an array around it.</summary>
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 2 * DefinitionLimits.MaxDepth };

    public static RosMessage Read(MessageLayout layout, ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw Invalid("The JSON is not UTF-8");
        var reader = new Utf8JsonReader(json, s_options);
        try
        {
            reader.Read();
            var message = ReadMessage(layout, ref reader);
            return !reader.Read() ? message : throw Invalid("There is something behind the JSON object");
        }
        catch (JsonException error)
        {
            throw new RosMessageException(RosMessageError.JsonInvalid, $"The JSON is malformed: {error.Message}", error);
        }
    }

    private static RosMessage ReadMessage(MessageLayout layout, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Invalid($"A {layout.Type.Name} is a JSON object, not a {reader.TokenType}");
        var values = new object?[layout.Fields.Length];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = FindField(layout, ref reader);
            reader.Read();
            var field = layout.Fields[index];
            if (values[index] is not null)
                throw Invalid($"{field.Path} is there twice");
            values[index] = field.IsArray ? ReadArray(field, ref reader) : ReadValue(field, ref reader);
        }

        for (var i = 0; i < values.Length; i++)
            values[i] ??= Defaults.Of(layout.Fields[i]);
        return new RosMessage(layout.Type, values);
    }

    private static int FindField(MessageLayout layout, ref Utf8JsonReader reader)
    {
        var name = JsonText.Unescape(reader.ValueSpan, reader.ValueIsEscaped);
        var index = layout.Type.FindField(name);
        return index >= 0 && !layout.Fields[index].IsPlaceholder ? index : throw Invalid($"{layout.Type.Name} has no field {TypeName.Shorten(name)}");
    }

    private static object ReadValue(FieldLayout field, ref Utf8JsonReader reader) => field.Kind switch
    {
        FieldKind.Message => ReadMessage(field.Nested!, ref reader),
        FieldKind.Bool when reader.TokenType is JsonTokenType.True or JsonTokenType.False => reader.GetBoolean(),
        FieldKind.String or FieldKind.WString when reader.TokenType == JsonTokenType.String => JsonText.Unescape(reader.ValueSpan, reader.ValueIsEscaped),
        FieldKind.Float64 => ReadDouble(ref reader) ?? throw Unsuitable(field, ref reader),
        FieldKind.Float32 => ReadSingle(ref reader) ?? throw Unsuitable(field, ref reader),
        FieldKind.Bool or FieldKind.String or FieldKind.WString => throw Unsuitable(field, ref reader),
        _ => ReadInteger(ref reader) is { } number && Values.TryInteger(field.Kind, number, out var value) ? value! : throw Unsuitable(field, ref reader),
    };

    private static double? ReadDouble(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.TryGetDouble(out var value) && double.IsFinite(value) ? value : null,
        JsonTokenType.String => FloatText.Double(Encoding.UTF8.GetString(reader.ValueSpan)),
        _ => null,
    };

    private static float? ReadSingle(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.TryGetSingle(out var value) && float.IsFinite(value) ? value : null,
        JsonTokenType.String => FloatText.Single(Encoding.UTF8.GetString(reader.ValueSpan)),
        _ => null,
    };

    private static Int128? ReadInteger(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt64(out var number) => number,
        JsonTokenType.Number when reader.TryGetUInt64(out var number) => number,
        JsonTokenType.String when JsonText.Integer(reader.ValueSpan) is { } number => number,
        _ => null,
    };

    private static Array ReadArray(FieldLayout field, ref Utf8JsonReader reader)
    {
        var array = field.IsByteArray && reader.TokenType == JsonTokenType.String
            ? JsonText.Base64(reader.ValueSpan, reader.ValueIsEscaped) ?? throw Unsuitable(field, ref reader)
            : ReadElements(field, ref reader);
        var fits = field.Array switch { ArrayKind.Fixed => array.Length == field.ArraySize, ArrayKind.Bounded => array.Length <= field.ArraySize, _ => true };
        return fits ? array : throw Invalid($"{field.Path} has {array.Length} elements; it has {(field.Array == ArrayKind.Bounded ? "at most " : "")}{field.ArraySize}");
    }

    private static Array ReadElements(FieldLayout field, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Unsuitable(field, ref reader);
        switch (field.Kind)
        {
            case FieldKind.Float64:
                var doubles = new List<double>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    doubles.Add(ReadDouble(ref reader) ?? throw Unsuitable(field, ref reader));
                return doubles.ToArray();
            case FieldKind.Float32:
                var floats = new List<float>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    floats.Add(ReadSingle(ref reader) ?? throw Unsuitable(field, ref reader));
                return floats.ToArray();
            default:
                var elements = new List<object>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    elements.Add(ReadValue(field, ref reader));
                var array = Values.NewArray(field.Kind, elements.Count);
                for (var i = 0; i < elements.Count; i++)
                    array.SetValue(elements[i], i);
                return array;
        }
    }

    private static RosMessageException Unsuitable(FieldLayout field, ref Utf8JsonReader reader) =>
        Invalid($"{field.Path} is a {field.Kind}{(field.IsArray ? " array" : "")} and cannot be the {reader.TokenType} {TypeName.Shorten(Encoding.UTF8.GetString(reader.ValueSpan))}");

    private static RosMessageException Invalid(string what) => new(RosMessageError.JsonInvalid, $"{what}.");
}
