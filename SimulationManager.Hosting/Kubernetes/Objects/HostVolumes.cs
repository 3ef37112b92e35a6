using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>
/// Volumes on a development node's disk. The kubelet makes such folders as root and gives them to no one, and our pods are never
/// root: so a job, in a namespace of its own that may do such things, hands each folder to its store's user.
/// </summary>
internal static class HostVolumes
{
    /// <summary>A class that no provisioner serves, so that only our volumes match.</summary>
    public const string StorageClass = "robot-host";

    private const string Folders = "host-folders";

    private const string Space = "robot-host-folders";

    public static IEnumerable<KubernetesObject> Of(ClusterGraph graph)
    {
        var cluster = graph.Settings;
        foreach (var volume in cluster.Development.Volumes)
            yield return new KubernetesObject($"{volume.Name}.yaml", Volume(cluster, volume));
        yield return new KubernetesObject("host-folders-namespace.yaml", NamespaceObjects.Namespace(cluster, Space, "privileged", InstallStage.Volumes));
        yield return new KubernetesObject("host-folders-job.yaml", Job(graph));
    }

    public static string SizeOf(ClusterSettings cluster, string workload) => cluster.Development.Volumes.First(volume => volume.Workload == workload).Size;

    private static V1PersistentVolume Volume(ClusterSettings cluster, HostVolume volume) => new()
    {
        ApiVersion = "v1",
        Kind = "PersistentVolume",
        Metadata = new V1ObjectMeta { Name = volume.Name, Labels = LabelsOf(cluster, volume.Workload) },
        Spec = new V1PersistentVolumeSpec
        {
            Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new(volume.Size) },
            AccessModes = ["ReadWriteOnce"],
            PersistentVolumeReclaimPolicy = "Retain",
            StorageClassName = StorageClass,
            VolumeMode = "Filesystem",
            ClaimRef = new V1ObjectReference
            {
                ApiVersion = "v1",
                Kind = "PersistentVolumeClaim",
                Name = $"{PodTemplate.ClaimName(0)}-{volume.Workload}-0",
                NamespaceProperty = cluster.Namespace,
            },
            HostPath = new V1HostPathVolumeSource { Path = volume.Folder, Type = "DirectoryOrCreate" },
        },
    };

    private static V1Job Job(ClusterGraph graph)
    {
        var labels = LabelsOf(graph.Settings, Folders);
        var pods = new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = labels }, Spec = Pod(graph) };
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta { Name = JobName.Of(Folders, pods), NamespaceProperty = Space, Labels = labels },
            Spec = new V1JobSpec { BackoffLimit = 5, Template = pods },
        };
    }

    private static V1PodSpec Pod(ClusterGraph graph)
    {
        var volumes = graph.Settings.Development.Volumes;
        return new V1PodSpec
        {
            RestartPolicy = "OnFailure",
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            SecurityContext = new V1PodSecurityContext { RunAsUser = 0, RunAsGroup = 0, SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" } },
            Containers = [.. volumes.Select(volume => OwnerChange(graph, volume))],
            Volumes = [.. volumes.Select(volume => new V1Volume { Name = volume.Workload, HostPath = new V1HostPathVolumeSource { Path = volume.Folder, Type = "DirectoryOrCreate" } })],
        };
    }

    private static V1Container OwnerChange(ClusterGraph graph, HostVolume volume)
    {
        var owner = graph.Find(volume.Workload).Settings;
        var security = PodTemplate.ContainerSecurity();
        security.Capabilities.Add = ["CHOWN"];
        return new V1Container
        {
            Name = volume.Workload,
            Image = graph.Settings.Development.FolderImage,
            ImagePullPolicy = "IfNotPresent",
            Command = ["chown", $"{owner.UserId}:{owner.GroupId}", $"/folders/{volume.Workload}"],
            Resources = new V1ResourceRequirements
            {
                Requests = PodTemplate.Quantities(new ComputeSize("10m", "16Mi")),
                Limits = PodTemplate.Quantities(new ComputeSize("100m", "32Mi")),
            },
            SecurityContext = security,
            VolumeMounts = [new V1VolumeMount { Name = volume.Workload, MountPath = $"/folders/{volume.Workload}" }],
        };
    }

    private static Dictionary<string, string> LabelsOf(ClusterSettings cluster, string name) => Labels.Of(cluster, name, "volume", InstallStage.Volumes);
}
