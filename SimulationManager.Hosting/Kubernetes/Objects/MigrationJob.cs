using System.Text.RegularExpressions;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>The job that migrates the database. A job cannot be changed, so each version has one of its own name.</summary>
internal static partial class MigrationJob
{
    public const string ConfigMapName = ClusterGraph.Migration + "-env";

    private const string Component = "migration";

    public static string NameOf(ClusterSettings cluster) => $"{ClusterGraph.Migration}-{NotInNames().Replace(cluster.Version.ToLowerInvariant(), "-").Trim('-')}";

    public static Dictionary<string, string> LabelsOf(ClusterSettings cluster) =>
        Labels.Of(cluster, ClusterGraph.Migration, Component, InstallStage.Migration, cluster.Version);

    public static IReadOnlyList<KubernetesObject> Of(ClusterGraph graph, ContainerEnvironment environment) =>
    [
        new("serviceaccount.yaml", Access.Account(graph.Settings, ClusterGraph.Migration, LabelsOf(graph.Settings))),
        new("job.yaml", Job(graph, environment)),
    ];

    private static V1Job Job(ClusterGraph graph, ContainerEnvironment environment)
    {
        var cluster = graph.Settings;
        var workload = graph.Find(cluster.Migration.Resource);
        var container = PodTemplate.Container(graph, workload, environment);
        container.Name = ClusterGraph.Migration;
        container.Args = [.. cluster.Migration.Arguments];
        container.Ports = null;
        container.EnvFrom = [PodTemplate.FromConfigMap(ConfigMapName)];
        var pod = PodTemplate.Pod(workload.Settings, ClusterGraph.Migration, container, PodTemplate.Volumes(workload));
        pod.RestartPolicy = "OnFailure";
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = Labels.Metadata(cluster, NameOf(cluster), LabelsOf(cluster)),
            Spec = new V1JobSpec
            {
                // Enough for a database that is still starting when everything is applied at once.
                BackoffLimit = 10,
                ActiveDeadlineSeconds = 1800,
                TtlSecondsAfterFinished = 7 * 24 * 3600,
                Template = new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = LabelsOf(cluster) }, Spec = pod },
            },
        };
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}
