using System.Globalization;
using System.Text.Json.Nodes;

namespace SimulationManager.Hosting.Kubernetes.Helm;

/// <summary>The operations of a JSON patch that the overlays use (RFC 6902).</summary>
internal static class JsonPatch
{
    /// <summary>Applies one operation.</summary>
    /// <exception cref="GenerationException">The object has no such place.</exception>
    public static void Apply(JsonObject target, JsonObject operation)
    {
        var (op, path) = (operation["op"]!.GetValue<string>(), operation["path"]!.GetValue<string>());
        var steps = path.Split('/')[1..].Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        JsonNode parent = target;
        foreach (var step in steps[..^1])
            parent = Child(parent, step) ?? throw new GenerationException($"A patch goes to '{path}', which is not there.");
        if (op is "replace" or "remove" && Child(parent, steps[^1]) is null) throw new GenerationException($"A patch changes '{path}', which is not there.");
        Change(parent, steps[^1], op, operation["value"]?.DeepClone());
    }

    private static void Change(JsonNode parent, string last, string op, JsonNode? value)
    {
        switch (op, parent)
        {
            case ("add" or "replace", JsonObject map): map[last] = value; break;
            case ("remove", JsonObject map): map.Remove(last); break;
            case ("add", JsonArray list) when last == "-": list.Add(value); break;
            case ("add", JsonArray list): list.Insert(Index(last), value); break;
            case ("replace", JsonArray list): list[Index(last)] = value; break;
            case ("remove", JsonArray list): list.RemoveAt(Index(last)); break;
            default: throw new GenerationException($"The operation '{op}' of a patch is not known.");
        }
    }

    private static JsonNode? Child(JsonNode parent, string step) => parent is JsonArray list ? list[Index(step)] : parent[step];

    private static int Index(string step) => int.Parse(step, CultureInfo.InvariantCulture);
}
