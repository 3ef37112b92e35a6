namespace SimulationManager.Hosting.Kubernetes;

/// <summary>Settings of <see cref="ManifestsStep"/>. What an installation has for itself is in its environment's file instead.</summary>
internal sealed record GenerateOptions
{
    /// <summary>Its section of the configuration.</summary>
    public const string Section = "Kubernetes";

    public string? Manifest { get; init; }

    public string? Version { get; init; }

    /// <summary>Folder of the environments' files.</summary>
    public string? Environments { get; init; }

    /// <summary>Whether to compare instead of write.</summary>
    public bool Check { get; init; }
}
