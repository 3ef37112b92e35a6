using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes.Helm;

/// <summary>
/// One template for an object that differs from case to case: what is the same in all is written once, the rest below conditions.
/// </summary>
internal sealed class ChartTemplate
{
    private static readonly JsonSerializerOptions _quoted = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<string> _lines = [];

    private ChartTemplate()
    {
    }

    /// <summary>The template's lines.</summary>
    /// <param name="variants">The object in each case that has it.</param>
    /// <param name="indent">What each line starts with.</param>
    public static string Write(IReadOnlyList<Variant> variants, string indent = "")
    {
        var template = new ChartTemplate();
        template.WriteEntries(indent, variants);
        return string.Concat(Joined(template._lines).Select(line => line + '\n'));
    }

    /// <summary>One block for entries that follow each other and have the same condition.</summary>
    private static List<string> Joined(List<string> lines)
    {
        var joined = new List<string>();
        var open = new Stack<(string Line, bool HasElse)>();
        for (var index = 0; index < lines.Count; index++)
        {
            var line = lines[index];
            if (line.StartsWith("{{- else", StringComparison.Ordinal)) open.Push((open.Pop().Line, true));
            else if (line == "{{- end }}")
            {
                var (start, hasElse) = open.Pop();
                if (!hasElse && start.StartsWith("{{- if", StringComparison.Ordinal) && index + 1 < lines.Count && lines[index + 1] == start)
                {
                    index++;
                    open.Push((start, false));
                    continue;
                }
            }
            else if (line.StartsWith("{{- ", StringComparison.Ordinal)) open.Push((line, false));

            joined.Add(line);
        }

        return joined;
    }

    private void WriteEntries(string indent, IReadOnlyList<Variant> variants)
    {
        foreach (var key in Keys(variants))
        {
            var values = variants.Where(variant => variant.Node!.AsObject().ContainsKey(key)).Select(variant => variant with { Node = variant.Node![key] }).ToArray();
            if (values.Length == variants.Count && AllEqual(values)) WriteEntry(indent, key, values[0].Node);
            else if (values.Length == variants.Count && values.All(value => value.Node is JsonObject { Count: > 0 })) WriteMapping(indent, key, values);
            else if (values.Length == variants.Count && AreSimilarLists(values)) WriteList(indent, key, values);
            else WriteChoice(variants.Count, values, group => WriteEntry(indent, key, group));
        }
    }

    private void WriteMapping(string indent, string key, IReadOnlyList<Variant> values)
    {
        _lines.Add($"{indent}{Scalar(key)}:");
        WriteEntries(indent + "  ", values);
    }

    /// <summary>Lists of objects of one length: item by item.</summary>
    private void WriteList(string indent, string key, Variant[] values)
    {
        _lines.Add($"{indent}{Scalar(key)}:");
        for (var index = 0; index < values[0].Node!.AsArray().Count; index++)
            WriteItem(indent, [.. values.Select(value => value with { Node = value.Node![index] })]);
    }

    /// <summary>The dash stands before the first entry, which therefore must be one that has no condition.</summary>
    private void WriteItem(string indent, IReadOnlyList<Variant> items)
    {
        var first = _lines.Count;
        var common = CommonKey(items)!;
        WriteEntry(indent + "  ", common, items[0].Node![common]);
        WriteEntries(indent + "  ", [.. items.Select(item => item with { Node = Without(item.Node!.AsObject(), common) })]);
        AddDash(first, indent);
    }

    private void AddDash(int line, string indent) => _lines[line] = _lines[line].StartsWith(indent + "  ", StringComparison.Ordinal)
        ? $"{indent}- {_lines[line][(indent.Length + 2)..]}"
        : throw new GenerationException($"A list of the chart cannot have an item that starts with '{_lines[line]}'.");

    private void WriteChoice(int all, Variant[] values, Action<JsonNode?> write)
    {
        var groups = new List<List<Variant>>();
        foreach (var value in values)
        {
            if (groups.Find(group => JsonNode.DeepEquals(group[0].Node, value.Node)) is { } group) group.Add(value);
            else groups.Add([value]);
        }

        for (var index = 0; index < groups.Count; index++)
        {
            var isRest = index > 0 && index == groups.Count - 1 && values.Length == all;
            _lines.Add(isRest ? "{{- else }}" : $"{{{{- {(index == 0 ? "if" : "else if")} {ChartCase.Condition(groups[index].Select(variant => variant.Case))} }}}}");
            write(groups[index][0].Node);
        }

        _lines.Add("{{- end }}");
    }

    private void WriteEntry(string indent, string key, JsonNode? value)
    {
        if (TemplateExpression.Lines(indent, key, value) is { } lines)
        {
            _lines.AddRange(lines);
            return;
        }

        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                WriteMapping(indent, key, [new Variant(ChartCase.Any, map)]);
                break;
            case JsonArray { Count: > 0 } list:
                _lines.Add($"{indent}{Scalar(key)}:");
                foreach (var item in list) WriteItem(indent, item);
                break;
            case JsonValue text when text.TryGetValue<string>(out var content) && content.Contains('\n', StringComparison.Ordinal):
                WriteBlock(indent, key, content);
                break;
            default:
                _lines.Add($"{indent}{Scalar(key)}: {Scalar(value)}");
                break;
        }
    }

    private void WriteItem(string indent, JsonNode? item)
    {
        if (item is not JsonObject { Count: > 0 } map)
        {
            _lines.Add($"{indent}- {Scalar(item)}");
            return;
        }

        var first = _lines.Count;
        WriteEntries(indent + "  ", [new Variant(ChartCase.Any, map)]);
        AddDash(first, indent);
    }

    private void WriteBlock(string indent, string key, string text)
    {
        if (!text.EndsWith('\n') || text.EndsWith("\n\n", StringComparison.Ordinal) || text.StartsWith(' ') || text.Contains("{{", StringComparison.Ordinal))
            throw new GenerationException($"The chart cannot hold the text of '{key}' as it is: it must start without a space, end with one line feed, and have no '{{{{'.");
        _lines.Add($"{indent}{Scalar(key)}: |");
        _lines.AddRange(text[..^1].Split('\n').Select(line => line.Length == 0 ? "" : $"{indent}  {line}"));
    }

    private static string Scalar(JsonNode? value)
    {
        if (value is JsonValue scalar && scalar.TryGetValue<string>(out var text))
            return TemplateExpression.IsIn(text) ? text[1..] : Scalar(text);
        return value switch { JsonObject => "{}", JsonArray => "[]", null => "null", _ => value.ToJsonString() };
    }

    private static string Scalar(string text)
    {
        if (text.Contains("{{", StringComparison.Ordinal)) throw new GenerationException($"'{text}' would be read as a template.");
        return YamlDocument.IsPlain(text) ? text : JsonSerializer.Serialize(text, _quoted);
    }

    private static bool AllEqual(Variant[] values) => values.All(value => JsonNode.DeepEquals(value.Node, values[0].Node));

    private static bool AreSimilarLists(Variant[] values) =>
        values.All(value => value.Node is JsonArray { Count: > 0 } list && list.Count == values[0].Node!.AsArray().Count && list.All(item => item is JsonObject { Count: > 0 }))
        && Enumerable.Range(0, values[0].Node!.AsArray().Count).All(index => CommonKey([.. values.Select(value => value with { Node = value.Node![index] })]) is not null);

    private static string? CommonKey(IReadOnlyList<Variant> items) => items[0].Node!.AsObject()
        .Where(field => items.All(item => JsonNode.DeepEquals(item.Node![field.Key], field.Value)))
        .OrderByDescending(field => field.Key == "name")
        .Select(field => field.Key)
        .FirstOrDefault();

    private static JsonObject Without(JsonObject map, string key)
    {
        var rest = map.DeepClone().AsObject();
        rest.Remove(key);
        return rest;
    }

    /// <summary>All keys; one that an earlier kind lacks follows the one that it follows in its own kind.</summary>
    private static List<string> Keys(IReadOnlyList<Variant> variants)
    {
        var keys = new List<string>();
        foreach (var variant in variants)
        {
            var at = 0;
            foreach (var key in variant.Node!.AsObject().Select(field => field.Key))
            {
                if (keys.IndexOf(key) is var index and >= 0) at = index + 1;
                else keys.Insert(at++, key);
            }
        }

        return keys;
    }
}
