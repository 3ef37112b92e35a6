using SimulationManager.Hosting.Kubernetes.Objects;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>A kind of cluster: a folder below <c>variants</c> that the overlays of its environments are made from.</summary>
/// <param name="Name">Name of the folder; what an environment's file calls its overlay.</param>
/// <param name="Workloads">What runs in the cluster.</param>
/// <param name="MigrationJob">Name of the job that migrates.</param>
/// <param name="Secrets">The Secrets that it needs, as <see cref="SecretList"/> writes them.</param>
internal sealed record OverlayVariant(string Name, IReadOnlyList<ClusterWorkload> Workloads, string MigrationJob, string Secrets)
{
    public const string Root = "variants";

    /// <summary>Whether clients come through an ingress.</summary>
    public bool HasIngress { get; init; }

    /// <summary>Folder of the component that provides the volumes where no storage class does.</summary>
    public string? WithoutStorageClass { get; init; }
}
