using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Api.Contract;

/// <summary>Marks the converters of properties that are an object or a boolean, which the schema of the object does not say.</summary>
internal interface ITrueOrObject;

/// <summary>Reads <c>true</c> as an object without any fields, and <c>false</c> as none.</summary>
internal sealed class TrueOrObject<T> : JsonConverter<T>, ITrueOrObject
    where T : class, new()
{
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.True => new T(),
        JsonTokenType.False => null,
        _ => JsonSerializer.Deserialize<T>(ref reader, options),
    };

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value, options);
}
