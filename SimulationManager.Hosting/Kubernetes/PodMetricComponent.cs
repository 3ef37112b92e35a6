using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>
/// Components <c>…-metric</c>: autoscaling by a metric of the pods' own, for clusters whose custom metrics API serves it. An autoscaler
/// whose metric nobody serves never scales down, so it is not in the base.
/// </summary>
internal static class PodMetricComponent
{
    public static void Add(OutputTree tree, ClusterGraph graph)
    {
        foreach (var workload in graph.Workloads.Values)
        {
            if (workload.Settings.Autoscaling?.Metric is not { } metric) continue;
            var folder = $"components/{workload.Name}-metric";
            tree.AddPatch($"{folder}/patch-hpa.yaml", new PatchOperation("add", "/spec/metrics/-", Scaling.ToMetric(metric)));
            tree.AddKustomization(folder, Kustomization.Component() with
            {
                Patches = [new PatchReference("patch-hpa.yaml", new PatchTarget("HorizontalPodAutoscaler", workload.Name))],
            });
        }
    }
}
