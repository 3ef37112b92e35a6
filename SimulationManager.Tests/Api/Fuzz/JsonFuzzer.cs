using System.Text;
using System.Text.Json.Nodes;

namespace SimulationManager.Tests.Api.Fuzz;

/// <summary>Bodies after a schema of the OpenAPI document: nearly right, so that they get past the first check, and wrong in places.</summary>
internal sealed class JsonFuzzer(JsonNode document, FuzzValues values)
{
    private const double WrongValue = 0.15;

    public string Body(JsonNode schema)
    {
        var text = Value(schema, 0);
        return values.Next(20) switch
        {
            0 => text[..values.Next(text.Length + 1)],
            1 => text + text,
            2 => values.Json(),
            3 => "\uFEFF" + text,
            _ => text,
        };
    }

    private string Value(JsonNode schema, int depth)
    {
        if (values.Chance(WrongValue)) return values.Json();
        schema = Resolve(schema);
        if (schema["oneOf"]?.AsArray() is { Count: > 0 } choices) return Value(values.Pick([.. choices])!, depth);
        if (schema["enum"]?.AsArray() is { Count: > 0 } words) return values.Pick([.. words])!.ToJsonString();
        return TypeOf(schema) switch
        {
            "object" => Object(schema, depth),
            "array" => $"[{string.Join(',', Enumerable.Range(0, values.Next(4)).Select(_ => Value(schema["items"]!, depth + 1)))}]",
            "integer" or "number" => values.Chance(0.6) ? $"{values.Next(5)}" : values.Number(),
            "boolean" => values.Chance(0.5) ? "true" : "false",
            "string" => JsonValue.Create(values.Chance(0.5) ? $"text{values.Next(1000)}" : values.Text()).ToJsonString(),
            _ => values.Json(),
        };
    }

    private string Object(JsonNode schema, int depth)
    {
        var text = new StringBuilder("{");
        foreach (var (name, property) in schema["properties"]?.AsObject() ?? [])
        {
            var isRequired = schema["required"]?.AsArray().Any(required => (string)required! == name) == true;
            if (depth > 6 || values.Chance(isRequired ? 0.05 : 0.4)) continue;
            Append(text, name, Value(property!, depth + 1));
            if (values.Chance(0.03)) Append(text, name, values.Json());
        }

        if (schema["additionalProperties"] is JsonObject extra) Append(text, values.Text(), Value(extra, depth + 1));
        if (values.Chance(0.1)) Append(text, values.Text(), values.Json());
        return text.Append('}').ToString();
    }

    private static void Append(StringBuilder text, string name, string value)
    {
        if (text.Length > 1) text.Append(',');
        text.Append(JsonValue.Create(name).ToJsonString()).Append(':').Append(value);
    }

    private JsonNode Resolve(JsonNode schema) =>
        (string?)schema["$ref"] is { } reference ? document["components"]!["schemas"]![reference.Split('/')[^1]]! : schema;

    private static string TypeOf(JsonNode schema) => schema["type"] switch
    {
        JsonArray types => types.Select(type => (string)type!).First(type => type != "null"),
        JsonValue type => (string)type!,
        _ => "any",
    };
}
