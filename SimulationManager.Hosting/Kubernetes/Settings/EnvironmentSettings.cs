namespace SimulationManager.Hosting.Kubernetes.Settings;

/// <summary>What one installation has for itself: a file of <c>deploy/environments</c>, committed, so that every later generation knows it.</summary>
public sealed record EnvironmentSettings
{
    /// <summary>Name of the file without <c>.json</c>, and of the folder below <c>aspirate-output/overlays</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of cluster it is: the name of a <see cref="OverlayVariant"/>.</summary>
    public required string Overlay { get; init; }

    /// <summary>Host and path in front of our own images; null when they are loaded onto the nodes.</summary>
    public string? Registry { get; init; }

    /// <summary>Full references instead of the images of resources, by resource name.</summary>
    public IReadOnlyDictionary<string, string> Images { get; init; } = new Dictionary<string, string>();

    /// <summary>Class of the claims; null for the cluster's default one, in <c>dev</c> for the node's disk.</summary>
    public string? StorageClass { get; init; }

    /// <summary>Name under which clients reach the API; null for the one in <see cref="ProductionSettings.Host"/>.</summary>
    public string? Host { get; init; }

    /// <summary>Networks of the proxies in front of the API, whose word on the client's address and scheme counts; empty for the default.</summary>
    public IReadOnlyList<string> KnownProxies { get; init; } = [];

    /// <summary>Whether workloads scale by load where their settings say how, which needs KEDA in the cluster.</summary>
    public bool ScaleByLoad { get; init; }
}
