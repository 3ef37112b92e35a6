using System.Text.Json.Nodes;

namespace SimulationManager.Tests.Api.Portal;

/// <summary>
/// What existing clients read of every answer, always and unasked: <c>portal-reads.json</c>, the contract's tables. A shape is a
/// word (a kind of value, a type of the file, or the words that are allowed), an object of fields, a list of shapes that all hold, or
/// <c>{"each": …}</c> for a list; <c>$field</c> adds what is read when that field has a value.
/// </summary>
internal sealed class AnswerShapes
{
    private const string Each = "each";
    private const string Absent = "absent";

    private static readonly JsonObject s_file = JsonNode.Parse(
        File.ReadAllText(Path.Combine(Repository.Root, "SimulationManager.Tests", "Api", "Portal", "portal-reads.json")))!.AsObject();

    /// <summary>Every call that existing clients make.</summary>
    public static IEnumerable<string> Calls => CallTable.Select(call => call.Key);

    private static JsonObject CallTable => s_file["calls"]!.AsObject();

    private static JsonObject Types => s_file["types"]!.AsObject();

    /// <summary>The status that a call answers when all is well.</summary>
    public static int StatusOf(string call) => (int)CallTable[call]!["status"]!;

    /// <summary>Reads every field of a call's data as clients do.</summary>
    public static void Read(string call, JsonNode? data)
    {
        if (CallTable[call]!["data"] is { } shape) Read(data, shape, call);
    }

    private static void Read(JsonNode? value, JsonNode shape, string path)
    {
        switch (shape)
        {
            case JsonArray all:
                foreach (var one in all) Read(value, one!, path);
                break;
            case JsonObject list when list[Each] is { } item:
                Assert.True(value is JsonArray, $"{path} is no list: {value?.ToJsonString()}");
                foreach (var (index, entry) in value!.AsArray().Index()) Read(entry, item, $"{path}[{index}]");
                break;
            case JsonObject fields:
                Assert.True(value is JsonObject, $"{path} is no object: {value?.ToJsonString()}");
                foreach (var (field, inner) in fields) ReadField(value!.AsObject(), field, inner!, path);
                break;
            default:
                ReadWord(value, (string)shape!, path);
                break;
        }
    }

    private static void ReadField(JsonObject value, string field, JsonNode shape, string path)
    {
        if (field.StartsWith('$'))
        {
            if (shape[(string)value[field[1..]]!] is { } more) Read(value, more, path);
            return;
        }

        var isThere = value.TryGetPropertyValue(field, out var inner);
        if (shape is JsonValue word && (string)word! == Absent) Assert.False(isThere, $"{path}.{field} does not apply: {value.ToJsonString()}");
        else
        {
            Assert.True(isThere, $"{path}.{field} is absent: {value.ToJsonString()}");
            Read(inner, shape, $"{path}.{field}");
        }
    }

    private static void ReadWord(JsonNode? value, string word, string path)
    {
        if (Types[word] is { } type)
        {
            Read(value, type, path);
            return;
        }

        if (word.EndsWith('?') && value is null) return;
        Assert.True(IsOf(value, word.TrimEnd('?')), $"{path} is no {word}: {value?.ToJsonString() ?? "null"}");
    }

    private static bool IsOf(JsonNode? value, string word) => value is JsonValue plain && word switch
    {
        "text" => plain.TryGetValue<string>(out _),
        "time" => plain.TryGetValue<string>(out var text) && System.Text.RegularExpressions.Regex.IsMatch(text, @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"),
        "flag" => plain.TryGetValue<bool>(out _),
        "id" => plain.TryGetValue<long>(out var id) && id > 0,
        "count" => plain.TryGetValue<long>(out var count) && count >= 0,
        "number" => plain.TryGetValue<double>(out _),
        "percent" => plain.TryGetValue<double>(out var percent) && percent is >= 0 and <= 100 && Math.Round(percent, 1) == percent,
        _ => plain.TryGetValue<string>(out var said) && word.Split('|').Contains(said),
    };
}
