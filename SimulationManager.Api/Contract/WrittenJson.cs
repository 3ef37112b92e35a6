using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Api.Contract;

/// <summary>Data that was written as JSON once, for many answers.</summary>
[JsonConverter(typeof(AsItIs))]
public sealed class WrittenJson
{
    private readonly byte[] _json;

    private WrittenJson(byte[] json) => _json = json;

    public static WrittenJson Of<T>(T data, JsonSerializerOptions options) => new(JsonSerializer.SerializeToUtf8Bytes(data, options));

    private sealed class AsItIs : JsonConverter<WrittenJson>
    {
        public override WrittenJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Answers are only written.");

        public override void Write(Utf8JsonWriter writer, WrittenJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value._json, skipInputValidation: true);
    }
}
