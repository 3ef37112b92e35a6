using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>The priority classes, which belong to the whole cluster.</summary>
internal static class Priorities
{
    public static IEnumerable<KubernetesObject> Of(ClusterSettings cluster) => cluster.Priorities.Select(level => new KubernetesObject($"priorityclass-{level.Name}.yaml", new V1PriorityClass
    {
        ApiVersion = "scheduling.k8s.io/v1",
        Kind = "PriorityClass",
        Metadata = new V1ObjectMeta { Name = level.Name, Labels = Labels.Of(cluster, level.Name, "priority", InstallStage.Namespace) },
        Value = level.Value,
        PreemptionPolicy = level.Preempts ? "PreemptLowerPriority" : "Never",
        Description = level.Description,
    }));
}
