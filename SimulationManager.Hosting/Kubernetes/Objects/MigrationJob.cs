using System.Text.RegularExpressions;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>The job that migrates the database, of the version's name and its pods' hash.</summary>
internal static partial class MigrationJob
{
    public const string ConfigMapName = ClusterGraph.Migration + "-env";

    /// <summary>The pattern by which a patch finds the job, whatever its version and hash.</summary>
    public const string AnyName = ClusterGraph.Migration + "-.*";

    private const string Component = "migration";

    /// <summary>Name of the job whose pods have this environment.</summary>
    public static string NameOf(ClusterGraph graph, ContainerEnvironment environment)
    {
        var version = NotInNames().Replace(graph.Settings.Version.ToLowerInvariant(), "-").Trim('-');
        return JobName.Of($"{ClusterGraph.Migration}-{version}", Pods(graph, environment), environment.Plain);
    }

    /// <summary>Name of the job where some stores are managed services outside the cluster.</summary>
    public static string NameOf(ClusterGraph graph, IReadOnlySet<string> managed) =>
        NameOf(graph, ContainerEnvironment.Of(graph, graph.Find(graph.Settings.Migration.Resource), managed));

    public static Dictionary<string, string> LabelsOf(ClusterSettings cluster) =>
        Labels.Of(cluster, ClusterGraph.Migration, Component, InstallStage.Migration, cluster.Version);

    public static IReadOnlyList<KubernetesObject> Of(ClusterGraph graph, ContainerEnvironment environment) =>
    [
        new("serviceaccount.yaml", Access.Account(graph.Settings, ClusterGraph.Migration, LabelsOf(graph.Settings))),
        new("job.yaml", Job(graph, environment)),
    ];

    private static V1Job Job(ClusterGraph graph, ContainerEnvironment environment) => new()
    {
        ApiVersion = "batch/v1",
        Kind = "Job",
        Metadata = Labels.Metadata(graph.Settings, NameOf(graph, environment), LabelsOf(graph.Settings)),
        Spec = new V1JobSpec
        {
            // Enough for a database that is still starting when everything is applied at once.
            BackoffLimit = 10,
            ActiveDeadlineSeconds = 1800,
            TtlSecondsAfterFinished = 7 * 24 * 3600,
            Template = Pods(graph, environment),
        },
    };

    private static V1PodTemplateSpec Pods(ClusterGraph graph, ContainerEnvironment environment)
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
        return new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = LabelsOf(cluster) }, Spec = pod };
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}
