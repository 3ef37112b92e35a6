using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>Autoscalers, and how many pods of a workload may be away at once.</summary>
internal static class Scaling
{
    public static IEnumerable<KubernetesObject> Of(ClusterSettings cluster, ClusterWorkload workload)
    {
        if (workload.Settings.Autoscaling is { } autoscaling)
            yield return new KubernetesObject("hpa.yaml", Autoscaler(cluster, workload, autoscaling));
        if (Math.Max(workload.Settings.Replicas, workload.Settings.Autoscaling?.Least ?? 0) > 1)
            yield return new KubernetesObject("pdb.yaml", DisruptionBudget(cluster, workload));
    }

    /// <summary>
    /// How fast pods are added and taken away. A start is over before <see cref="AutoscalingSettings.ScaleUpAfter"/> is, so it adds none; pods leave one at
    /// a time, and the next only when the one before has had all its time to drain.
    /// </summary>
    public static V2HorizontalPodAutoscalerBehavior Behavior(ClusterWorkload workload, AutoscalingSettings autoscaling)
    {
        var drain = workload.Settings.DrainDelay + workload.Settings.TerminationGrace;
        if (autoscaling.ScaleDownAfter <= drain)
            throw new GenerationException($"'{workload.Name}' may take {drain.TotalSeconds:0} s to drain, longer than AutoscalingSettings.ScaleDownAfter waits.");
        return new V2HorizontalPodAutoscalerBehavior
        {
            ScaleUp = new V2HPAScalingRules
            {
                StabilizationWindowSeconds = (int)autoscaling.ScaleUpAfter.TotalSeconds,
                Policies = [new V2HPAScalingPolicy { Type = "Pods", Value = 2, PeriodSeconds = 60 }],
            },
            ScaleDown = new V2HPAScalingRules
            {
                StabilizationWindowSeconds = (int)autoscaling.ScaleDownAfter.TotalSeconds,
                Policies = [new V2HPAScalingPolicy { Type = "Pods", Value = 1, PeriodSeconds = (int)Math.Ceiling(drain.TotalMinutes) * 60 }],
            },
        };
    }

    private static V2HorizontalPodAutoscaler Autoscaler(ClusterSettings cluster, ClusterWorkload workload, AutoscalingSettings autoscaling) => new()
    {
        ApiVersion = "autoscaling/v2",
        Kind = "HorizontalPodAutoscaler",
        Metadata = Labels.Metadata(cluster, workload.Name, LabelsOf(cluster, workload)),
        Spec = new V2HorizontalPodAutoscalerSpec
        {
            ScaleTargetRef = new V2CrossVersionObjectReference { ApiVersion = "apps/v1", Kind = KindOf(workload), Name = workload.Name },
            MinReplicas = autoscaling.Least,
            MaxReplicas = autoscaling.Most,
            Metrics =
            [
                new V2MetricSpec
                {
                    Type = "Resource",
                    Resource = new V2ResourceMetricSource
                    {
                        Name = "cpu",
                        Target = new V2MetricTarget { Type = "AverageValue", AverageValue = new ResourceQuantity(autoscaling.Cpu) },
                    },
                },
            ],
            Behavior = Behavior(workload, autoscaling),
        },
    };

    public static string KindOf(ClusterWorkload workload) => workload.Settings.Stateful ? "StatefulSet" : "Deployment";

    public static V1PodDisruptionBudget DisruptionBudget(ClusterSettings cluster, ClusterWorkload workload) => new()
    {
        ApiVersion = "policy/v1",
        Kind = "PodDisruptionBudget",
        Metadata = Labels.Metadata(cluster, workload.Name, LabelsOf(cluster, workload)),
        Spec = new V1PodDisruptionBudgetSpec
        {
            MaxUnavailable = 1,
            Selector = new V1LabelSelector { MatchLabels = Labels.Selector(cluster, workload.Name) },
        },
    };

    public static Dictionary<string, string> LabelsOf(ClusterSettings cluster, ClusterWorkload workload) =>
        Labels.Of(cluster, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version);
}
