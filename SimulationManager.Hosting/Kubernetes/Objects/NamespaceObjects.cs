using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>The namespace and what holds for all of it.</summary>
internal static class NamespaceObjects
{
    private const string Standard = "pod-security.kubernetes.io/";

    public static IEnumerable<KubernetesObject> Of(ClusterSettings cluster) =>
    [
        new("namespace.yaml", Namespace(cluster, cluster.Namespace, "restricted", InstallStage.Namespace)),
        .. Priorities.Of(cluster),
        .. NetworkPolicies.OfNamespace(cluster),
    ];

    /// <summary>A namespace whose pods must meet a pod security standard.</summary>
    public static V1Namespace Namespace(ClusterSettings cluster, string name, string standard, InstallStage stage)
    {
        var labels = Labels.Of(cluster, name, "namespace", stage);
        foreach (var mode in (string[])["enforce", "audit", "warn"])
            labels[Standard + mode] = standard;
        return new V1Namespace { ApiVersion = "v1", Kind = "Namespace", Metadata = new V1ObjectMeta { Name = name, Labels = labels } };
    }
}
