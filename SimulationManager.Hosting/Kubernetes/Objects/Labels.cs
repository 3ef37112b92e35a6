using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>Names and labels of all objects.</summary>
internal static class Labels
{
    public const string Name = "app.kubernetes.io/name";

    private const string Instance = "app.kubernetes.io/instance";

    /// <summary>Which step of an installation applies the object; <c>deploy/install.sh</c> selects by it.</summary>
    private const string Stage = "simulation-manager/stage";

    /// <summary>What selects a workload's pods. It must never change for a workload that is installed.</summary>
    public static Dictionary<string, string> Selector(ClusterSettings cluster, string name) => new()
    {
        [Name] = name,
        [Instance] = cluster.System,
    };

    /// <summary>Labels of an object that belongs to a workload.</summary>
    public static Dictionary<string, string> Of(ClusterSettings cluster, string name, string component, InstallStage stage, string? version = null)
    {
        var labels = Selector(cluster, name);
        if (version is not null) labels["app.kubernetes.io/version"] = version;
        labels["app.kubernetes.io/component"] = component;
        labels["app.kubernetes.io/part-of"] = cluster.System;
        labels["app.kubernetes.io/managed-by"] = "simulation-manager-generate";
        labels[Stage] = stage.ToString().ToLowerInvariant();
        return labels;
    }

    /// <summary>Metadata of an object in the system's namespace.</summary>
    public static V1ObjectMeta Metadata(ClusterSettings cluster, string objectName, IDictionary<string, string> labels) =>
        new() { Name = objectName, NamespaceProperty = cluster.Namespace, Labels = new Dictionary<string, string>(labels) };
}
