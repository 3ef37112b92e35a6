using System.Text.Json.Serialization;

namespace SimulationManager.Hosting.Kubernetes.Output;

/// <summary>A <c>kustomization.yaml</c>, with the fields that the generated ones use. Source: kustomize's <c>types.Kustomization</c>.</summary>
public sealed record Kustomization
{
    public const string FileName = "kustomization.yaml";

    [JsonPropertyOrder(-3)]
    public string ApiVersion { get; init; } = "kustomize.config.k8s.io/v1beta1";

    [JsonPropertyOrder(-2)]
    public string Kind { get; init; } = "Kustomization";

    public string? Namespace { get; init; }

    public IReadOnlyList<string>? Resources { get; init; }

    public IReadOnlyList<string>? Components { get; init; }

    public GeneratorOptions? GeneratorOptions { get; init; }

    public IReadOnlyList<ConfigMapSource>? ConfigMapGenerator { get; init; }

    public IReadOnlyList<ImageReplacement>? Images { get; init; }

    public IReadOnlyList<PatchReference>? Patches { get; init; }

    /// <summary>A part that overlays may add: a kustomize component.</summary>
    public static Kustomization Component() => new() { ApiVersion = "kustomize.config.k8s.io/v1alpha1", Kind = "Component" };
}

/// <summary>What every generated ConfigMap gets.</summary>
public sealed record GeneratorOptions
{
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>A ConfigMap whose name ends with a hash of its content, so that a change restarts the pods that read it.</summary>
public sealed record ConfigMapSource(string Name)
{
    public string? Namespace { get; init; }

    /// <summary><c>replace</c> takes the place of a ConfigMap of a lower layer.</summary>
    public string? Behavior { get; init; }

    /// <summary><c>NAME=value</c>.</summary>
    public IReadOnlyList<string>? Literals { get; init; }

    /// <summary>Paths of files beside the kustomization.</summary>
    public IReadOnlyList<string>? Files { get; init; }

    public GeneratorOptions? Options { get; init; }
}

/// <summary>Another image wherever an image of that name is used.</summary>
public sealed record ImageReplacement(string Name, string NewName, string? NewTag = null, string? Digest = null);

/// <summary>A file with JSON patch operations and the object that it changes.</summary>
public sealed record PatchReference(string Path, PatchTarget Target)
{
    public PatchOptions? Options { get; init; }
}

/// <summary>What a patch may do beyond the ordinary.</summary>
public sealed record PatchOptions(bool AllowNameChange)
{
    public static readonly PatchOptions Rename = new(AllowNameChange: true);
}

/// <summary>The object that a patch changes; the name is a regular expression.</summary>
public sealed record PatchTarget(string Kind, string Name);

/// <summary>One operation of a JSON patch (RFC 6902).</summary>
public sealed record PatchOperation(string Op, string Path, object? Value = null);
