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

    /// <summary>The metric of the pods' own, for the component that adds it to the autoscaler.</summary>
    public static V2MetricSpec ToMetric(PodMetric metric) => new()
    {
        Type = "Pods",
        Pods = new V2PodsMetricSource
        {
            Metric = new V2MetricIdentifier { Name = metric.Name },
            Target = new V2MetricTarget { Type = "AverageValue", AverageValue = new ResourceQuantity(metric.Average) },
        },
    };

    private static V2HorizontalPodAutoscaler Autoscaler(ClusterSettings cluster, ClusterWorkload workload, AutoscalingSettings autoscaling) => new()
    {
        ApiVersion = "autoscaling/v2",
        Kind = "HorizontalPodAutoscaler",
        Metadata = Labels.Metadata(cluster, workload.Name, LabelsOf(cluster, workload)),
        Spec = new V2HorizontalPodAutoscalerSpec
        {
            ScaleTargetRef = new V2CrossVersionObjectReference { ApiVersion = "apps/v1", Kind = workload.Settings.Stateful ? "StatefulSet" : "Deployment", Name = workload.Name },
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
                        Target = new V2MetricTarget { Type = "Utilization", AverageUtilization = autoscaling.CpuPercent },
                    },
                },
            ],
            Behavior = new V2HorizontalPodAutoscalerBehavior
            {
                ScaleUp = new V2HPAScalingRules
                {
                    StabilizationWindowSeconds = 0,
                    SelectPolicy = "Max",
                    Policies =
                    [
                        new V2HPAScalingPolicy { Type = "Percent", Value = 100, PeriodSeconds = 15 },
                        new V2HPAScalingPolicy { Type = "Pods", Value = 2, PeriodSeconds = 15 },
                    ],
                },
                ScaleDown = new V2HPAScalingRules
                {
                    StabilizationWindowSeconds = (int)autoscaling.ScaleDownAfter.TotalSeconds,
                    Policies = [new V2HPAScalingPolicy { Type = "Pods", Value = 1, PeriodSeconds = 60 }],
                },
            },
        },
    };

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

    private static Dictionary<string, string> LabelsOf(ClusterSettings cluster, ClusterWorkload workload) =>
        Labels.Of(cluster, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version);
}
