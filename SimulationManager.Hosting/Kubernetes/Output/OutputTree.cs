using System.Collections;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace SimulationManager.Hosting.Kubernetes.Output;

/// <summary>The files of a generation by relative path, in order of path.</summary>
public sealed class OutputTree
{
    /// <summary>What a generated file says of itself.</summary>
    internal const string Origin = "Generated from the AppHost: dotnet run --project SimulationManager.AppHost -- generate";

    private const string Heading = $"# {Origin}\n";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonNode> _documents = new(StringComparer.Ordinal);

    /// <summary>Content by path with <c>/</c> between folders.</summary>
    public IReadOnlyDictionary<string, string> Files => _files;

    /// <summary>The YAML files as what is in them.</summary>
    internal IReadOnlyDictionary<string, JsonNode> Documents => _documents;

    /// <summary>Adds a folder: each object in its own file, any plain files, and the kustomization that lists the objects.</summary>
    public void AddFolder(string folder, IEnumerable<KubernetesObject> objects, Kustomization kustomization)
    {
        foreach (var resource in objects)
            AddYaml($"{folder}/{resource.FileName}", ToNode(resource.Value));
        AddKustomization(folder, kustomization with
        {
            Resources = [.. objects.Select(resource => resource.FileName), .. kustomization.Resources ?? []],
        });
    }

    /// <summary>Adds the kustomization of a folder; an empty folder name is the root.</summary>
    public void AddKustomization(string folder, Kustomization kustomization)
    {
        var document = ToNode(kustomization);
        foreach (var empty in document.AsObject().Where(field => field.Value is JsonArray { Count: 0 }).Select(field => field.Key).ToArray())
            document.AsObject().Remove(empty);
        AddYaml(folder.Length == 0 ? Kustomization.FileName : $"{folder}/{Kustomization.FileName}", document);
    }

    /// <summary>Adds a JSON patch.</summary>
    public void AddPatch(string path, params IEnumerable<PatchOperation> operations) =>
        AddYaml(path, new JsonArray([.. operations.Select(PatchNode)]));

    /// <summary>Adds a patch that takes an object of a lower layer away.</summary>
    public void AddDeletion(string path, string apiVersion, string kind, V1ObjectMeta metadata) => AddYaml(path, new JsonObject
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["metadata"] = ToNode(metadata),
        ["$patch"] = "delete",
    });

    /// <summary>Adds a file as it is.</summary>
    public void AddText(string path, string text) => _files.Add(path, text);

    /// <summary>Makes the folder hold exactly these files; whatever an earlier generation left there goes.</summary>
    /// <returns>Paths that were written or removed.</returns>
    /// <exception cref="GenerationException">The folder holds only other files, so that they are hardly meant to go.</exception>
    public IReadOnlyList<string> Write(string root)
    {
        Directory.CreateDirectory(root);
        var existing = Existing(root).ToList();
        if (existing.Count > 0 && !existing.Exists(_files.ContainsKey))
            throw new GenerationException($"'{root}' holds files that are no manifests: name an empty folder, or one of an earlier generation.");
        var changed = new List<string>();
        foreach (var stale in existing.Where(path => !_files.ContainsKey(path)))
        {
            File.Delete(Path.Combine(root, stale));
            changed.Add(stale);
        }

        foreach (var (path, text) in _files)
        {
            var file = new FileInfo(Path.Combine(root, path));
            if (file.Exists && File.ReadAllText(file.FullName) == text) continue;
            file.Directory!.Create();
            File.WriteAllText(file.FullName, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            changed.Add(path);
        }

        foreach (var folder in Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories).OrderByDescending(path => path.Length))
            if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        return changed;
    }

    /// <summary>Paths whose content in the folder is not this generation's.</summary>
    public IReadOnlyList<string> Drift(string root)
    {
        var existing = Directory.Exists(root) ? Existing(root).ToHashSet(StringComparer.Ordinal) : [];
        return
        [
            .. existing.Where(path => !_files.ContainsKey(path)),
            .. _files.Where(file => !existing.Contains(file.Key) || File.ReadAllText(Path.Combine(root, file.Key)) != file.Value).Select(file => file.Key),
        ];
    }

    /// <summary>An object as YAML, in the form of the generated files.</summary>
    public static string ToYaml(object value) => YamlDocument.Write(ToNode(value));

    private static IEnumerable<string> Existing(string root) =>
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))
            .Where(path => !Path.GetFileName(path).StartsWith("aspirate-secrets", StringComparison.Ordinal));

    private void AddYaml(string path, JsonNode document)
    {
        _documents.Add(path, document);
        _files.Add(path, Heading + YamlDocument.Write(document));
    }

    private static JsonObject PatchNode(PatchOperation operation)
    {
        var node = new JsonObject { ["op"] = operation.Op, ["path"] = operation.Path };
        if (operation.Value is not null) node["value"] = ToNode(operation.Value);
        return node;
    }

    /// <summary>The Kubernetes client writes its models, so that quantities and int-or-string are written as the API has them.</summary>
    private static JsonNode ToNode(object value) => value switch
    {
        IKubernetesObject => JsonNode.Parse(KubernetesJson.Serialize(value))!,
        string text => JsonValue.Create(text),
        IDictionary => JsonNode.Parse(KubernetesJson.Serialize(value))!,
        IEnumerable list => new JsonArray([.. list.Cast<object>().Select(ToNode)]),
        _ when value.GetType().Namespace == typeof(V1Pod).Namespace => JsonNode.Parse(KubernetesJson.Serialize(value))!,
        _ => JsonSerializer.SerializeToNode(value, _json)!,
    };
}

/// <summary>An object for the cluster and the file it is written to.</summary>
public sealed record KubernetesObject(string FileName, IKubernetesObject Value);
