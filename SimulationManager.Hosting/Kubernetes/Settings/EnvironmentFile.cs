using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SimulationManager.Hosting.Kubernetes.Settings;

/// <summary>Reads the files of <c>deploy/environments</c>. Whatever is not understood is an error that names the file: a misspelt setting must not be lost.</summary>
public sealed partial class EnvironmentFile
{
    /// <summary>Where the files are, from the repository's root on.</summary>
    public const string DefaultFolder = "deploy/environments";

    private const string Extension = ".json";

    private readonly string _file;

    private EnvironmentFile(string file) => _file = file;

    /// <summary>The environments of a folder, by name.</summary>
    /// <exception cref="GenerationException">There are none, or one is not right.</exception>
    public static IReadOnlyList<EnvironmentSettings> ReadAll(string folder)
    {
        var files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToArray() : [];
        return files.Length > 0
            ? [.. files.Select(file => Parse(file, File.ReadAllText(file)))]
            : throw new GenerationException($"There is no environment in '{folder}': write one as docs/kubernetes.md describes.");
    }

    /// <summary>The environment of one file.</summary>
    /// <exception cref="GenerationException">The file is not right.</exception>
    public static EnvironmentSettings Parse(string file, string json) => new EnvironmentFile(file).Read(json);

    private EnvironmentSettings Read(string json)
    {
        var name = Path.GetFileNameWithoutExtension(_file);
        if (Path.GetExtension(_file) != Extension || !Name().IsMatch(name))
            throw Wrong($"an environment's file is called NAME{Extension}, with lower-case letters, digits and '-' in the name");
        using var document = Open(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw Wrong("it is no JSON object");
        var settings = new EnvironmentSettings { Name = name, Overlay = "" };
        foreach (var property in document.RootElement.EnumerateObject())
            settings = With(settings, property.Name, property.Value);
        return settings.Overlay.Length > 0 ? settings : throw Wrong("it lacks 'overlay'");
    }

    private JsonDocument Open(string json)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException exception)
        {
            throw Wrong($"it is not valid JSON ({exception.Message})");
        }
    }

    private EnvironmentSettings With(EnvironmentSettings settings, string key, JsonElement value) => key switch
    {
        "overlay" => settings with { Overlay = Text(key, value) ?? "" },
        "registry" => settings with { Registry = Matching(key, Text(key, value), Registry(), "a host and a path without scheme and closing slash, such as registry.example.org:5000/team") },
        "images" => settings with { Images = Texts(key, value) },
        "storageClass" => settings with { StorageClass = Matching(key, Text(key, value), Subdomain(), "the name of a storage class") },
        "host" => settings with { Host = Matching(key, Text(key, value), Subdomain(), "a host name, such as robots.example.org") },
        "knownProxies" => settings with { KnownProxies = Networks(key, value) },
        "scaleByLoad" => settings with { ScaleByLoad = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong($"'{key}' must be true or false") },
        _ => throw Wrong($"'{key}' is not known; known are overlay, registry, images, storageClass, host, knownProxies and scaleByLoad"),
    };

    /// <summary>The empty text means the same as none.</summary>
    private string? Text(string key, JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString() is { Length: > 0 } text ? text : null
        : throw Wrong($"'{key}' must be a text");

    private Dictionary<string, string> Texts(string key, JsonElement value) => value.ValueKind == JsonValueKind.Object
        ? value.EnumerateObject().ToDictionary(entry => entry.Name, entry => Text($"{key}.{entry.Name}", entry.Value) ?? throw Wrong($"'{key}.{entry.Name}' is empty"))
        : throw Wrong($"'{key}' must be an object with the image of each resource");

    private string[] Networks(string key, JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(item => Network(key, Text(key, item) ?? ""))]
        : throw Wrong($"'{key}' must be a list of networks");

    private string Network(string key, string text) => IPNetwork.TryParse(text, out _) ? text : throw Wrong($"'{key}' has '{text}', which is no network, such as 10.0.0.0/8");

    private string? Matching(string key, string? text, Regex pattern, string meaning) =>
        text is null || pattern.IsMatch(text) ? text : throw Wrong($"'{key}' is '{text}', which is not {meaning}");

    private GenerationException Wrong(string what) => new($"{_file}: {what}.");

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex Name();

    /// <summary>A first part without dot or port would be taken for a path on a public registry.</summary>
    [GeneratedRegex(@"^(?=[^/]*[.:]|localhost(/|$))[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$")]
    private static partial Regex Registry();

    [GeneratedRegex(@"^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$")]
    private static partial Regex Subdomain();
}
