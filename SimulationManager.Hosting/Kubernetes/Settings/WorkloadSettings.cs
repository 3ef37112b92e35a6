namespace SimulationManager.Hosting.Kubernetes.Settings;

/// <summary>What Kubernetes needs to know of a resource and the manifest does not say.</summary>
public sealed record WorkloadSettings
{
    /// <summary>The step of an installation that brings it up.</summary>
    public required InstallStage Stage { get; init; }

    /// <summary>Its part in the system, for <c>app.kubernetes.io/component</c>.</summary>
    public required string Component { get; init; }

    /// <summary>Whether it keeps its volumes and name over restarts (StatefulSet) or not (Deployment).</summary>
    public bool Stateful { get; init; }

    /// <summary>Number of pods; an autoscaled workload leaves this to its autoscaler.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Image to use instead of the manifest's, where that one is no immutable reference.</summary>
    public string? Image { get; init; }

    /// <summary>User the containers run as; never 0.</summary>
    public required long UserId { get; init; }

    /// <summary>Group the containers run as, and that owns their volumes.</summary>
    public required long GroupId { get; init; }

    public required ComputeSize Requests { get; init; }

    public required ComputeSize Limits { get; init; }

    public required ProbeSet Probes { get; init; }

    /// <summary>Ports instead of the numbers that the manifest draws for endpoints without one, by endpoint.</summary>
    public IReadOnlyDictionary<string, int> Ports { get; init; } = new Dictionary<string, int>();

    /// <summary>Plain settings beyond the manifest's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Variable, less its index, that holds the networks of proxies in front of it.</summary>
    public string? KnownProxiesVariable { get; init; }

    /// <summary>Variables that take a field of the pod, such as <c>status.podIP</c>.</summary>
    public IReadOnlyDictionary<string, string> PodFields { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables that hold a secret which only this workload knows; each is generated at installation.</summary>
    public IReadOnlyList<GeneratedSecret> Secrets { get; init; } = [];

    /// <summary>Folders that may be written although the root file system is read-only, with the most that each may hold.</summary>
    public IReadOnlyDictionary<string, string> ScratchFolders { get; init; } = new Dictionary<string, string>();

    /// <summary>Size of each persistent volume by the folder it is mounted on.</summary>
    public IReadOnlyDictionary<string, string> VolumeSizes { get; init; } = new Dictionary<string, string>();

    /// <summary>Files that are generated with the manifests, by absolute path in the container.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Folders with the files of a Secret that a person makes, by absolute path in the container; without the Secret a folder is empty.</summary>
    public IReadOnlyDictionary<string, string> SecretFolders { get; init; } = new Dictionary<string, string>();

    /// <summary>Arguments instead of the manifest's.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>Arguments after those.</summary>
    public IReadOnlyList<string> AddedArguments { get; init; } = [];

    /// <summary>Connections that no reference in the manifest shows.</summary>
    public IReadOnlyList<Call> Calls { get; init; } = [];

    /// <summary>Connections to networks outside the cluster.</summary>
    public IReadOnlyList<EgressRule> Egress { get; init; } = [];

    /// <summary>Networks whose participants of DDS domains it talks with.</summary>
    public IReadOnlyList<DdsNetwork> Dds { get; init; } = [];

    public AutoscalingSettings? Autoscaling { get; init; }

    /// <summary>Priority class of the pods, one of <see cref="ClusterSettings.Priorities"/>.</summary>
    public required string PriorityClass { get; init; }

    /// <summary>How long a pod may take to finish its work when it is asked to stop.</summary>
    public TimeSpan TerminationGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a pod that is to stop goes on serving, so that no balancer still sends to it when it closes its port.</summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>Whether an update starts a new pod before it stops an old one.</summary>
    public bool SurgeOnUpdate { get; init; } = true;

    /// <summary>Whether DNS names each pod (headless) instead of one address for all.</summary>
    public bool HeadlessService { get; init; }

    /// <summary>Whether a second, headless service <c>…-pods</c> names the pods one by one, for scraping or for peers.</summary>
    public bool PodService { get; init; }

    /// <summary>Rights on the cluster's API; null gives the pods no token at all.</summary>
    public IReadOnlyList<ApiRight>? ApiRights { get; init; }

    /// <summary>Ports on every node in the <c>dev</c> overlay, by port name.</summary>
    public IReadOnlyDictionary<string, int> DevelopmentNodePorts { get; init; } = new Dictionary<string, int>();
}

/// <summary>The order in which an installation applies things. The values are the labels' values.</summary>
public enum InstallStage
{
    Namespace,
    Volumes,
    Stores,
    Platform,
    Migration,
    Services,
}

/// <summary>CPU and memory in Kubernetes' notation, such as <c>250m</c> and <c>512Mi</c>, and scratch space on the node's disk.</summary>
public sealed record ComputeSize(string Cpu, string Memory, string? EphemeralStorage = null);

/// <summary>A connection to another workload's port.</summary>
public sealed record Call(string Target, string Port);

/// <summary>A network outside the cluster and its TCP ports.</summary>
public sealed record EgressRule(string Cidr, IReadOnlyList<int> Ports);

/// <summary>A network that has participants of DDS domains, and the domains' ids, 0–232.</summary>
public sealed record DdsNetwork(string Cidr, IReadOnlyList<int> Domains);

/// <summary>A variable that holds a generated secret.</summary>
/// <param name="Variable">Name of the environment variable.</param>
/// <param name="Length">Characters.</param>
public sealed record GeneratedSecret(string Variable, int Length);

/// <summary>A right of a workload's service account, in its own namespace.</summary>
public sealed record ApiRight(string ApiGroup, IReadOnlyList<string> Resources, IReadOnlyList<string> Verbs);

/// <summary>When pods are added and taken away.</summary>
/// <param name="Least">Fewest pods.</param>
/// <param name="Most">Most pods.</param>
/// <param name="Cpu">
/// Mean CPU use of a pod that is aimed at, in Kubernetes' notation. Not a share of the request: that follows what a pod takes at rest, and a start,
/// which takes ten times as much, would look like load.
/// </param>
public sealed record AutoscalingSettings(int Least, int Most, string Cpu)
{
    /// <summary>How long more must have been needed before pods are added: longer than the start of all pods at once on a small node.</summary>
    public TimeSpan ScaleUpAfter { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long less must have been needed before pods are taken away; longer than a pod takes to drain.</summary>
    public TimeSpan ScaleDownAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What the workload does, as its own metrics tell it (component <c>…-keda</c>).</summary>
    public IReadOnlyList<LoadMetric> Load { get; init; } = [];
}

/// <summary>A measure of load, summed over all pods.</summary>
/// <param name="Name">Names it in the autoscaler's status.</param>
/// <param name="Query">A query of Prometheus that gives one number.</param>
/// <param name="PerPod">How much of it one pod is to have.</param>
public sealed record LoadMetric(string Name, string Query, string PerPod);
