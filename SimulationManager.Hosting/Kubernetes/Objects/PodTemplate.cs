using System.Globalization;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>Pods that the <c>restricted</c> pod security standard admits: no root, nothing writable but what is named, no privileges.</summary>
internal static class PodTemplate
{
    /// <summary>ConfigMap with settings of one cluster, such as <c>Storage__PublicEndpoint</c>. The manifests name it but do not make it.</summary>
    public const string ClusterSettingsName = "cluster-settings";

    private const string FilesVolume = "files";

    /// <summary>Read by the user and the group of the pod: <c>0440</c>.</summary>
    private const int SecretFileMode = 0x120;

    /// <summary>The pods of a workload.</summary>
    public static V1PodTemplateSpec Of(ClusterGraph graph, ClusterWorkload workload, ContainerEnvironment environment)
    {
        var cluster = graph.Settings;
        var container = Container(graph, workload, environment);
        container.StartupProbe = ToProbe(workload.Settings.Probes.Startup);
        container.ReadinessProbe = ToProbe(workload.Settings.Probes.Readiness);
        container.LivenessProbe = ToProbe(workload.Settings.Probes.Liveness);
        if (workload.Settings.DrainDelay > TimeSpan.Zero)
            container.Lifecycle = new V1Lifecycle { PreStop = new V1LifecycleHandler { Sleep = new V1SleepAction { Seconds = (long)workload.Settings.DrainDelay.TotalSeconds } } };
        var pod = Pod(workload.Settings, workload.Name, container, Volumes(workload));
        pod.AutomountServiceAccountToken = workload.Settings.ApiRights is not null;
        pod.TerminationGracePeriodSeconds = (long)workload.Settings.TerminationGrace.TotalSeconds;
        Spread(pod, cluster, workload);
        return new V1PodTemplateSpec
        {
            Metadata = new V1ObjectMeta { Labels = Labels.Of(cluster, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version) },
            Spec = pod,
        };
    }

    /// <summary>The container of a workload without its probes.</summary>
    public static V1Container Container(ClusterGraph graph, ClusterWorkload workload, ContainerEnvironment environment)
    {
        var settings = workload.Settings;
        var given = settings.Arguments ?? workload.Resource.Args.Select(argument => graph.Resolver.Resolve(argument).ToVariableText(environment.VariableOf));
        var arguments = StartCommand.Arguments(workload.Name, workload.Resource.Entrypoint, given, settings.AddedArguments);
        return new V1Container
        {
            Name = workload.Name,
            Image = workload.Image,
            ImagePullPolicy = "IfNotPresent",
            Command = workload.Resource.Entrypoint is { } entrypoint ? [entrypoint] : null,
            Args = arguments.Count > 0 ? arguments : null,
            EnvFrom = Sources(workload, environment),
            Env = environment.Variables.Count > 0 ? [.. environment.Variables] : null,
            Ports = workload.Ports.Count > 0 ? [.. workload.Ports.Select(port => new V1ContainerPort { Name = port.Name, ContainerPort = port.Number, Protocol = "TCP" })] : null,
            Resources = new V1ResourceRequirements { Requests = Quantities(settings.Requests), Limits = Quantities(settings.Limits) },
            VolumeMounts = Mounts(workload) is { Count: > 0 } mounts ? mounts : null,
            SecurityContext = ContainerSecurity(),
        };
    }

    /// <summary>A pod of one container, locked down.</summary>
    public static V1PodSpec Pod(WorkloadSettings settings, string serviceAccount, V1Container container, IList<V1Volume> volumes) => new()
    {
        ServiceAccountName = serviceAccount,
        AutomountServiceAccountToken = false,
        EnableServiceLinks = false,
        PriorityClassName = settings.PriorityClass,
        SecurityContext = new V1PodSecurityContext
        {
            RunAsNonRoot = true,
            RunAsUser = settings.UserId,
            RunAsGroup = settings.GroupId,
            FsGroup = settings.GroupId,
            FsGroupChangePolicy = "OnRootMismatch",
            SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" },
        },
        Containers = [container],
        Volumes = volumes.Count > 0 ? volumes : null,
    };

    public static V1SecurityContext ContainerSecurity() => new()
    {
        AllowPrivilegeEscalation = false,
        Privileged = false,
        ReadOnlyRootFilesystem = true,
        Capabilities = new V1Capabilities { Drop = ["ALL"] },
    };

    /// <summary>The workload's ConfigMap; and for our own services one that a person may make, with settings that only this cluster needs.</summary>
    private static List<V1EnvFromSource>? Sources(ClusterWorkload workload, ContainerEnvironment environment)
    {
        List<V1EnvFromSource> sources = [];
        if (environment.Plain.Count > 0) sources.Add(FromConfigMap(workload.ConfigMapName));
        if (workload.IsProject) sources.Add(FromConfigMap(ClusterSettingsName, optional: true));
        return sources.Count > 0 ? sources : null;
    }

    public static V1EnvFromSource FromConfigMap(string name, bool? optional = null) =>
        new() { ConfigMapRef = new V1ConfigMapEnvSource { Name = name, Optional = optional } };

    /// <summary>Volumes but for the claims, which a StatefulSet adds.</summary>
    public static IList<V1Volume> Volumes(ClusterWorkload workload)
    {
        List<V1Volume> volumes =
        [
            .. workload.Settings.ScratchFolders.Select((folder, index) => new V1Volume
            {
                Name = ScratchName(index),
                EmptyDir = new V1EmptyDirVolumeSource { SizeLimit = new ResourceQuantity(folder.Value) },
            }),
        ];
        if (workload.Settings.Files.Count > 0)
            volumes.Add(new V1Volume { Name = FilesVolume, ConfigMap = new V1ConfigMapVolumeSource { Name = workload.FilesConfigMapName } });
        volumes.AddRange(workload.Settings.SecretFolders.Values.Select(secret => new V1Volume
        {
            Name = secret,
            Secret = new V1SecretVolumeSource { SecretName = secret, Optional = true, DefaultMode = SecretFileMode },
        }));
        return volumes;
    }

    /// <summary>Name of the claim for a volume of the manifest.</summary>
    public static string ClaimName(int index) => index == 0 ? "data" : "data-" + index.ToString(CultureInfo.InvariantCulture);

    public static Dictionary<string, ResourceQuantity> Quantities(ComputeSize size)
    {
        var quantities = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(size.Cpu), ["memory"] = new(size.Memory) };
        if (size.EphemeralStorage is { } storage) quantities["ephemeral-storage"] = new ResourceQuantity(storage);
        return quantities;
    }

    public static V1Probe ToProbe(Probe probe) => new()
    {
        PeriodSeconds = probe.PeriodSeconds,
        TimeoutSeconds = probe.TimeoutSeconds,
        FailureThreshold = probe.FailureThreshold,
        HttpGet = probe is HttpProbe http ? new V1HTTPGetAction { Path = http.Path, Port = http.PortName, Scheme = "HTTP" } : null,
        Exec = probe is CommandProbe command ? new V1ExecAction { Command = [.. command.Command] } : null,
    };

    private static List<V1VolumeMount> Mounts(ClusterWorkload workload) =>
    [
        .. workload.Resource.Volumes.Select((volume, index) => new V1VolumeMount
        {
            Name = ClaimName(index),
            MountPath = volume.Target,
            ReadOnlyProperty = volume.ReadOnly ? true : null,
        }),
        .. workload.Settings.ScratchFolders.Select((folder, index) => new V1VolumeMount { Name = ScratchName(index), MountPath = folder.Key }),
        .. workload.Settings.Files.Keys.Select(file => new V1VolumeMount
        {
            Name = FilesVolume,
            MountPath = file,
            SubPath = Path.GetFileName(file),
            ReadOnlyProperty = true,
        }),
        .. workload.Settings.SecretFolders.Select(folder => new V1VolumeMount { Name = folder.Value, MountPath = folder.Key, ReadOnlyProperty = true }),
    ];

    private static string ScratchName(int index) => "scratch-" + index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Pods of one workload go to different nodes and zones while there are any.</summary>
    private static void Spread(V1PodSpec pod, ClusterSettings cluster, ClusterWorkload workload)
    {
        var selector = new V1LabelSelector { MatchLabels = Labels.Selector(cluster, workload.Name) };
        pod.TopologySpreadConstraints =
        [
            new V1TopologySpreadConstraint { MaxSkew = 1, TopologyKey = "topology.kubernetes.io/zone", WhenUnsatisfiable = "ScheduleAnyway", LabelSelector = selector },
        ];
        pod.Affinity = new V1Affinity
        {
            PodAntiAffinity = new V1PodAntiAffinity
            {
                PreferredDuringSchedulingIgnoredDuringExecution =
                [
                    new V1WeightedPodAffinityTerm
                    {
                        Weight = 100,
                        PodAffinityTerm = new V1PodAffinityTerm { TopologyKey = "kubernetes.io/hostname", LabelSelector = selector },
                    },
                ],
            },
        };
    }
}
