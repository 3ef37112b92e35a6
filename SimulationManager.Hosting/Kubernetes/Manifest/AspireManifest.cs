using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Hosting.Kubernetes.Manifest;

/// <summary>
/// An Aspire manifest (<c>--operation publish --publisher manifest</c>), as far as Kubernetes needs it. It is only data: which
/// engine or package version wrote it makes no difference.
/// </summary>
public sealed class AspireManifest
{
    private AspireManifest(IReadOnlyDictionary<string, ManifestResource> resources) => Resources = resources;

    /// <summary>All resources by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, ManifestResource> Resources { get; }

    /// <summary>The resources that become pods.</summary>
    public IEnumerable<KeyValuePair<string, ManifestResource>> Workloads =>
        Resources.Where(resource => resource.Value.Type is ManifestResource.Container or ManifestResource.Project);

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="GenerationException">The file is no manifest, or has a resource that has no counterpart in the cluster.</exception>
    public static AspireManifest Parse(string json)
    {
        ManifestFile? file;
        try
        {
            file = JsonSerializer.Deserialize<ManifestFile>(json, JsonSerializerOptions.Web);
        }
        catch (JsonException exception)
        {
            throw new GenerationException($"The manifest is not valid JSON: {exception.Message}", exception);
        }

        if (file?.Resources is not { Count: > 0 } resources)
            throw new GenerationException("The manifest has no \"resources\": write it with '--operation publish --publisher manifest --output-path <file>'.");
        foreach (var (name, resource) in resources)
            resource.Check(name);
        return new AspireManifest(resources);
    }

    /// <summary>The resource of that name.</summary>
    /// <exception cref="GenerationException">There is none.</exception>
    public ManifestResource Find(string name) =>
        Resources.TryGetValue(name, out var resource) ? resource : throw new GenerationException($"The manifest refers to '{name}', which it does not have.");
}

/// <summary>One resource of a manifest.</summary>
public sealed class ManifestResource
{
    public const string Container = "container.v0";
    public const string Project = "project.v0";
    public const string Parameter = "parameter.v0";
    public const string Value = "value.v0";
    public const string FilteredString = "annotated.string";

    private static readonly string[] _known = [Container, Project, Parameter, Value, FilteredString];

    public string Type { get; init; } = "";

    public string? ConnectionString { get; init; }

    public string? Image { get; init; }

    public string? Entrypoint { get; init; }

    public IReadOnlyList<string> Args { get; init; } = [];

    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, ManifestBinding> Bindings { get; init; } = new Dictionary<string, ManifestBinding>();

    public IReadOnlyList<ManifestVolume> Volumes { get; init; } = [];

    public IReadOnlyList<ManifestBindMount> BindMounts { get; init; } = [];

    /// <summary>Expression of a parameter or filtered string.</summary>
    [JsonPropertyName("value")]
    public string? ValueExpression { get; init; }

    /// <summary>Of a filtered string: <c>uri</c>.</summary>
    public string? Filter { get; init; }

    /// <summary>Of a parameter: where its value comes from.</summary>
    public IReadOnlyDictionary<string, ManifestInput> Inputs { get; init; } = new Dictionary<string, ManifestInput>();

    internal void Check(string name)
    {
        if (!_known.Contains(Type, StringComparer.Ordinal))
            throw new GenerationException($"Resource '{name}' has the type '{Type}', which has no counterpart in the cluster. Known are: {string.Join(", ", _known)}.");
        if (Type == Container && string.IsNullOrWhiteSpace(Image))
            throw new GenerationException($"Container '{name}' names no image.");
    }
}

/// <summary>An endpoint of a resource. Projects often leave the port to the deployment.</summary>
public sealed class ManifestBinding
{
    public string Scheme { get; init; } = "tcp";

    public int? TargetPort { get; init; }

    public int? Port { get; init; }

    /// <summary>Whether clients from outside the cluster call it.</summary>
    public bool External { get; init; }
}

/// <summary>A named volume.</summary>
public sealed class ManifestVolume
{
    public string? Name { get; init; }

    public string Target { get; init; } = "";

    public bool ReadOnly { get; init; }
}

/// <summary>A file or folder of the development machine, mounted into a container.</summary>
public sealed class ManifestBindMount
{
    public string Source { get; init; } = "";

    public string Target { get; init; } = "";

    public bool ReadOnly { get; init; }
}

/// <summary>How a parameter is given.</summary>
public sealed class ManifestInput
{
    public bool Secret { get; init; }

    public ManifestDefault? Default { get; init; }
}

/// <summary>A parameter's default: a value or a rule to generate one.</summary>
public sealed class ManifestDefault
{
    public string? Value { get; init; }

    public ManifestGenerate? Generate { get; init; }
}

/// <summary>The rule of a generated secret.</summary>
public sealed class ManifestGenerate
{
    /// <summary>Least length in characters.</summary>
    public int MinLength { get; init; } = 22;

    /// <summary>Whether special characters may be in it.</summary>
    public bool Special { get; init; } = true;
}

internal sealed class ManifestFile
{
    public Dictionary<string, ManifestResource>? Resources { get; init; }
}
