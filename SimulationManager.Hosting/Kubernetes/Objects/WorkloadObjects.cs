using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>All objects of one workload.</summary>
internal static class WorkloadObjects
{
    /// <summary>The objects in the order in which they are applied.</summary>
    public static IReadOnlyList<KubernetesObject> Of(ClusterGraph graph, ClusterWorkload workload, ContainerEnvironment environment)
    {
        List<KubernetesObject> objects = [.. Access.Of(graph.Settings, workload), .. Services(graph, workload)];
        objects.Add(workload.Settings.Stateful
            ? new KubernetesObject("statefulset.yaml", StatefulSet(graph, workload, environment))
            : new KubernetesObject("deployment.yaml", Deployment(graph, workload, environment)));
        objects.AddRange(Scaling.Of(graph.Settings, workload));
        objects.AddRange(NetworkPolicies.Of(graph, workload));
        return objects;
    }

    public static V1StatefulSet StatefulSet(ClusterGraph graph, ClusterWorkload workload, ContainerEnvironment environment) => new()
    {
        ApiVersion = "apps/v1",
        Kind = "StatefulSet",
        Metadata = Labels.Metadata(graph.Settings, workload.Name, LabelsOf(graph, workload)),
        Spec = new V1StatefulSetSpec
        {
            Replicas = workload.Settings.Replicas,
            ServiceName = workload.HeadlessServiceName,
            Selector = new V1LabelSelector { MatchLabels = Labels.Selector(graph.Settings, workload.Name) },
            UpdateStrategy = new V1StatefulSetUpdateStrategy { Type = "RollingUpdate" },
            PersistentVolumeClaimRetentionPolicy = new V1StatefulSetPersistentVolumeClaimRetentionPolicy { WhenDeleted = "Retain", WhenScaled = "Retain" },
            Template = PodTemplate.Of(graph, workload, environment),
            VolumeClaimTemplates = Claims(graph, workload, storageClass: null, volume => SizeOf(workload, volume)),
        },
    };

    /// <summary>The claims of a StatefulSet's pods.</summary>
    public static IList<V1PersistentVolumeClaim> Claims(ClusterGraph graph, ClusterWorkload workload, string? storageClass, Func<string, string> sizeOf) =>
    [
        .. workload.Resource.Volumes.Select((volume, index) => new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta { Name = PodTemplate.ClaimName(index), Labels = Labels.Selector(graph.Settings, workload.Name) },
            Spec = new V1PersistentVolumeClaimSpec
            {
                AccessModes = ["ReadWriteOnce"],
                StorageClassName = storageClass,
                Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new(sizeOf(volume.Target)) } },
            },
        }),
    ];

    private static V1Deployment Deployment(ClusterGraph graph, ClusterWorkload workload, ContainerEnvironment environment)
    {
        if (workload.Resource.Volumes.Count > 0)
            throw new GenerationException($"'{workload.Name}' keeps data in a volume: set WorkloadSettings.Stateful.");
        var surge = workload.Settings.SurgeOnUpdate;
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = Labels.Metadata(graph.Settings, workload.Name, LabelsOf(graph, workload)),
            Spec = new V1DeploymentSpec
            {
                // A number here would undo the autoscaler's with every apply.
                Replicas = workload.Settings.Autoscaling is null ? workload.Settings.Replicas : null,
                RevisionHistoryLimit = 5,
                ProgressDeadlineSeconds = 600,
                Selector = new V1LabelSelector { MatchLabels = Labels.Selector(graph.Settings, workload.Name) },
                Strategy = new V1DeploymentStrategy
                {
                    Type = "RollingUpdate",
                    RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = surge ? 1 : 0, MaxUnavailable = surge ? 0 : 1 },
                },
                Template = PodTemplate.Of(graph, workload, environment),
            },
        };
    }

    private static IEnumerable<KubernetesObject> Services(ClusterGraph graph, ClusterWorkload workload)
    {
        if (workload.Ports.Count == 0) yield break;
        yield return new KubernetesObject("service.yaml", Service(graph, workload, workload.Name, workload.Settings.HeadlessService));
        if (workload.Settings.PodService)
            yield return new KubernetesObject("service-pods.yaml", Service(graph, workload, workload.HeadlessServiceName, headless: true));
    }

    private static V1Service Service(ClusterGraph graph, ClusterWorkload workload, string name, bool headless) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = Labels.Metadata(graph.Settings, name, LabelsOf(graph, workload)),
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            ClusterIP = headless ? "None" : null,
            // Peers must find each other before any of them can be ready.
            PublishNotReadyAddresses = headless && name != workload.Name ? true : null,
            Selector = Labels.Selector(graph.Settings, workload.Name),
            Ports = [.. workload.Ports.Select(port => new V1ServicePort { Name = port.Name, Port = port.Number, TargetPort = port.Name, Protocol = "TCP" })],
        },
    };

    private static string SizeOf(ClusterWorkload workload, string target) => workload.Settings.VolumeSizes.TryGetValue(target, out var size)
        ? size
        : throw new GenerationException($"The volume '{target}' of '{workload.Name}' has no size: add it to WorkloadSettings.VolumeSizes.");

    private static Dictionary<string, string> LabelsOf(ClusterGraph graph, ClusterWorkload workload) =>
        Labels.Of(graph.Settings, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version);
}
