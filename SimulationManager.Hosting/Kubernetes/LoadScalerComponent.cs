using System.Globalization;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>
/// Components <c>…-keda</c>: a workload scales by what it does instead of by CPU alone. They are no part of the base, since they need KEDA in the cluster.
/// </summary>
internal static class LoadScalerComponent
{
    /// <summary>How often Prometheus has something new.</summary>
    private const int PollingSeconds = 15;

    public static void Add(OutputTree tree, ClusterGraph graph)
    {
        foreach (var workload in Scaled(graph))
        {
            var autoscaling = workload.Settings.Autoscaling!;
            var folder = FolderOf(workload);
            tree.AddDeletion(
                $"{folder}/patch-hpa.yaml", "autoscaling/v2", "HorizontalPodAutoscaler", new V1ObjectMeta { Name = workload.Name, NamespaceProperty = graph.Settings.Namespace });
            tree.AddFolder(
                folder,
                [new KubernetesObject("scaledobject.yaml", Scaler(graph, workload, autoscaling)), new KubernetesObject("networkpolicy.yaml", Access(graph))],
                Kustomization.Component() with { Patches = [new PatchReference("patch-hpa.yaml", new PatchTarget("HorizontalPodAutoscaler", workload.Name))] });
        }
    }

    /// <summary>Folders of the components, as an overlay names them.</summary>
    public static IEnumerable<string> ReferencesFromOverlay(ClusterGraph graph) => Scaled(graph).Select(workload => $"../../{FolderOf(workload)}");

    private static IEnumerable<ClusterWorkload> Scaled(ClusterGraph graph) => graph.Workloads.Values.Where(workload => workload.Settings.Autoscaling is { Load.Count: > 0 });

    private static string FolderOf(ClusterWorkload workload) => $"components/{workload.Name}-keda";

    private static ScaledObject Scaler(ClusterGraph graph, ClusterWorkload workload, AutoscalingSettings autoscaling)
    {
        var metadata = Labels.Metadata(graph.Settings, workload.Name, Scaling.LabelsOf(graph.Settings, workload));
        metadata.Annotations = new Dictionary<string, string> { [ScaledObject.TransferAnnotation] = "true" };
        return new ScaledObject
        {
            Metadata = metadata,
            Spec = new ScaledObjectSpec
            {
                ScaleTargetRef = new V2CrossVersionObjectReference { ApiVersion = "apps/v1", Kind = Scaling.KindOf(workload), Name = workload.Name },
                PollingInterval = PollingSeconds,
                MinReplicaCount = autoscaling.Least,
                MaxReplicaCount = autoscaling.Most,
                // The autoscaler keeps the name of the one that it takes the place of, so there are never two.
                Advanced = new ScaledObjectAdvanced { HorizontalPodAutoscalerConfig = new ScaledObjectAutoscaler { Name = workload.Name, Behavior = Scaling.Behavior(workload, autoscaling) } },
                Triggers =
                [
                    new ScaledObjectTrigger { Type = "cpu", Metadata = new Dictionary<string, string> { ["value"] = autoscaling.Cpu } },
                    .. autoscaling.Load.Select(metric => Trigger(graph, metric)),
                ],
            },
        };
    }

    private static ScaledObjectTrigger Trigger(ClusterGraph graph, LoadMetric metric) => new()
    {
        Type = "prometheus",
        Name = metric.Name,
        Metadata = new Dictionary<string, string>
        {
            ["serverAddress"] = $"http://{SourceOf(graph).Name}.{graph.Settings.Namespace}.svc:{PortOf(graph).ToString(CultureInfo.InvariantCulture)}",
            ["query"] = metric.Query,
            ["threshold"] = metric.PerPod,
            // No answer does not mean no load: the number of pods then stays.
            ["ignoreNullValues"] = "false",
        },
    };

    private static V1NetworkPolicy Access(ClusterGraph graph)
    {
        var source = SourceOf(graph);
        return NetworkPolicies.FromNamespace(
            graph.Settings, $"{source.Name}-{graph.Settings.LoadScaler.Namespace}", source.Name, graph.Settings.LoadScaler.Namespace, PortOf(graph), Scaling.LabelsOf(graph.Settings, source));
    }

    private static ClusterWorkload SourceOf(ClusterGraph graph) => graph.Find(graph.Settings.LoadScaler.Source);

    private static int PortOf(ClusterGraph graph) => SourceOf(graph).Ports[0].Number;
}
