using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes.Helm;

/// <summary>
/// The objects of an overlay as kustomize builds them, but for the hashes in the ConfigMaps' names: resources, components, generated ConfigMaps and
/// JSON patches. A field that it does not know is an error, so that no object of the chart can lack what kustomize does.
/// </summary>
internal sealed class OverlayObjects
{
    private static readonly string[] _known = ["apiVersion", "kind", "namespace", "resources", "components", "configMapGenerator", "patches"];

    private readonly OutputTree _tree;
    private readonly List<JsonObject> _objects = [];
    private readonly HashSet<string> _configMaps = new(StringComparer.Ordinal);

    private OverlayObjects(OutputTree tree) => _tree = tree;

    /// <summary>All objects, in the order of the resources.</summary>
    public IReadOnlyList<JsonObject> Objects => _objects;

    /// <summary>Names of the ConfigMaps that are named after their content.</summary>
    public IReadOnlySet<string> ConfigMaps => _configMaps;

    /// <summary>Builds a folder with a kustomization.</summary>
    /// <exception cref="GenerationException">It uses what is not understood here.</exception>
    public static OverlayObjects Build(OutputTree tree, string folder)
    {
        var overlay = new OverlayObjects(tree);
        overlay.Add(folder);
        return overlay;
    }

    /// <summary>Adds the resources of a folder, or what a component does to them.</summary>
    public void Add(string folder)
    {
        var kustomization = _tree.Documents.TryGetValue($"{folder}/{Kustomization.FileName}", out var document)
            ? document.AsObject()
            : throw new GenerationException($"'{folder}' has no kustomization.");
        if (kustomization.FirstOrDefault(field => !_known.Contains(field.Key)).Key is { } unknown)
            throw new GenerationException($"The chart cannot follow '{unknown}' of '{folder}/{Kustomization.FileName}': add it to {nameof(OverlayObjects)}.");
        foreach (var resource in List(kustomization, "resources").Select(path => Combine(folder, path!.GetValue<string>())))
        {
            if (_tree.Documents.TryGetValue(resource, out var item)) _objects.Add(item.DeepClone().AsObject());
            else Add(resource);
        }

        foreach (var component in List(kustomization, "components")) Add(Combine(folder, component!.GetValue<string>()));
        foreach (var source in List(kustomization, "configMapGenerator")) AddConfigMap(folder, kustomization["namespace"], source!.AsObject());
        foreach (var patch in List(kustomization, "patches")) Patch(folder, patch!.AsObject());
    }

    private void AddConfigMap(string folder, JsonNode? space, JsonObject source)
    {
        var name = source["name"]!.GetValue<string>();
        var data = new JsonObject();
        foreach (var literal in List(source, "literals").Select(item => item!.GetValue<string>().Split('=', 2))) data[literal[0]] = literal[1];
        foreach (var file in List(source, "files").Select(item => item!.GetValue<string>())) data[file] = _tree.Files[$"{folder}/{file}"];
        var map = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject
            {
                ["labels"] = source["options"]?["labels"]?.DeepClone(),
                ["name"] = name,
                ["namespace"] = (source["namespace"] ?? space)?.DeepClone(),
            },
            ["data"] = data,
        };
        var existing = _objects.FindIndex(item => Matches(item, "ConfigMap", name));
        switch (source["behavior"]?.GetValue<string>())
        {
            case null when existing < 0 && _configMaps.Add(name): _objects.Add(map); break;
            case "replace" when existing >= 0: _objects[existing] = map; break;
            default: throw new GenerationException($"The ConfigMap '{name}' of '{folder}' cannot be added or replaced.");
        }
    }

    private void Patch(string folder, JsonObject patch)
    {
        var (kind, name) = (patch["target"]!["kind"]!.GetValue<string>(), patch["target"]!["name"]!.GetValue<string>());
        var operations = _tree.Documents[Combine(folder, patch["path"]!.GetValue<string>())].AsArray();
        // Kustomize takes the name of a target for a regular expression.
        var targets = _objects.Where(item => item["kind"]!.GetValue<string>() == kind && Regex.IsMatch(item["metadata"]!["name"]!.GetValue<string>(), $"^(?:{name})$")).ToArray();
        if (targets.Length == 0) throw new GenerationException($"A patch of '{folder}' finds no {kind} '{name}'.");
        foreach (var target in targets)
            foreach (var operation in operations) JsonPatch.Apply(target, operation!.AsObject());
    }

    private static bool Matches(JsonObject item, string kind, string name) =>
        item["kind"]!.GetValue<string>() == kind && item["metadata"]!["name"]!.GetValue<string>() == name;

    private static JsonArray List(JsonObject node, string field) => node[field]?.AsArray() ?? [];

    private static string Combine(string folder, string path)
    {
        var parts = new List<string>(folder.Split('/'));
        foreach (var part in path.Split('/'))
        {
            if (part == "..") parts.RemoveAt(parts.Count - 1);
            else if (part != ".") parts.Add(part);
        }

        return string.Join('/', parts);
    }
}
