using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>Settings of <see cref="ManifestsStep"/>.</summary>
internal sealed record GenerateOptions
{
    /// <summary>Its section of the configuration.</summary>
    public const string Section = "Kubernetes";

    public string? Manifest { get; init; }

    public string? Version { get; init; }

    public string? Registry { get; init; }

    public string? StorageClass { get; init; }

    public string? Host { get; init; }

    public IReadOnlyDictionary<string, string> Images { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether to compare instead of write.</summary>
    public bool Check { get; init; }

    public ClusterSettings Apply(ClusterSettings settings) => settings with
    {
        Registry = Registry ?? settings.Registry,
        StorageClass = StorageClass ?? settings.StorageClass,
        Images = Images,
        Production = Host is { } host ? settings.Production with { Host = host } : settings.Production,
    };
}
