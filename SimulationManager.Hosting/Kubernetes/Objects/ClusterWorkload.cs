using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>A resource of the manifest with all that its pods need.</summary>
internal sealed record ClusterWorkload
{
    public required string Name { get; init; }

    public required ManifestResource Resource { get; init; }

    public required WorkloadSettings Settings { get; init; }

    public required string Image { get; init; }

    /// <summary>Version for the labels: ours, or the image's tag.</summary>
    public required string Version { get; init; }

    public required IReadOnlyList<WorkloadPort> Ports { get; init; }

    public bool IsProject => Resource.Type == ManifestResource.Project;

    /// <summary>Name of the ConfigMap with the plain settings.</summary>
    public string ConfigMapName => $"{Name}-env";

    /// <summary>Name of the ConfigMap with the generated files.</summary>
    public string FilesConfigMapName => $"{Name}-files";

    /// <summary>Name of the Secret with what only this workload knows.</summary>
    public string SecretName => $"{Name}-secrets";

    /// <summary>The service that gives each pod a name of its own; StatefulSets need one.</summary>
    public string HeadlessServiceName => Settings.HeadlessService ? Name : $"{Name}-pods";
}

/// <summary>A port of a pod.</summary>
internal sealed record WorkloadPort(string Name, int Number, bool External);

/// <summary>A connection that the system makes: from a workload's pods to a port of another's.</summary>
internal readonly record struct Edge(string From, string To, int Port);
