using SimulationManager.Hosting.Kubernetes.Manifest;

namespace SimulationManager.Hosting.Kubernetes.Settings;

/// <summary>What is true for the whole installation.</summary>
public sealed record ClusterSettings
{
    /// <summary>Namespace of everything but what the cluster shares.</summary>
    public string Namespace { get; init; } = "robot";

    /// <summary>Value of <c>app.kubernetes.io/part-of</c> and <c>/instance</c>.</summary>
    public string System { get; init; } = "simulation-manager";

    /// <summary>Version of our own images (file <c>.version</c>); part of their tag, so it must be new for every build.</summary>
    public required string Version { get; init; }

    /// <summary>Per resource of the manifest.</summary>
    public required IReadOnlyDictionary<string, WorkloadSettings> Workloads { get; init; }

    /// <summary>Values of parameters that the manifest neither gives nor generates.</summary>
    public IReadOnlyDictionary<string, string> ParameterDefaults { get; init; } = new Dictionary<string, string>();

    /// <summary>Parameters that belong to no container, and that only a person can give, by name.</summary>
    public IReadOnlyDictionary<string, GivenParameter> GivenParameters { get; init; } = new Dictionary<string, GivenParameter>();

    /// <summary>Which pods give way when a node cannot hold all.</summary>
    public IReadOnlyList<PriorityLevel> Priorities { get; init; } = [];

    public LoadScalerSettings LoadScaler { get; init; } = new();

    public required MigrationSettings Migration { get; init; }

    public required MetricsServerSettings MetricsServer { get; init; }

    public required DevelopmentSettings Development { get; init; }

    public required ProductionSettings Production { get; init; }

    /// <summary>Settings of a resource.</summary>
    /// <exception cref="GenerationException">There are none.</exception>
    public WorkloadSettings For(string resource) => Workloads.TryGetValue(resource, out var settings)
        ? settings
        : throw new GenerationException($"There are no Kubernetes settings for '{resource}': add it to SimulationManager.Hosting/Kubernetes/Settings/SystemSettings.cs.");
}

/// <summary>A parameter that a person gives.</summary>
/// <param name="Key">Where it is kept.</param>
/// <param name="Meaning">What to give.</param>
public sealed record GivenParameter(SecretKey Key, string Meaning);

/// <summary>A priority class of the cluster.</summary>
/// <param name="Name">Its name, which <see cref="WorkloadSettings.PriorityClass"/> gives.</param>
/// <param name="Value">Greater ones are scheduled first, and evicted last from a node that runs out of memory or disk.</param>
/// <param name="Preempts">Whether its pods may take the place of running ones of a lower priority, also those of other namespaces.</param>
/// <param name="Description">What <c>kubectl get priorityclass</c> says of it.</param>
public sealed record PriorityLevel(string Name, int Value, bool Preempts, string Description);

/// <summary>The operator that scales by <see cref="AutoscalingSettings.Load"/>, KEDA.</summary>
public sealed record LoadScalerSettings
{
    /// <summary>Namespace that it runs in.</summary>
    public string Namespace { get; init; } = "keda";

    /// <summary>Workload that it asks: the Prometheus of this installation.</summary>
    public string Source { get; init; } = "metrics";
}

/// <summary>The job that brings the database to the current schema before the services start.</summary>
/// <param name="Resource">Whose image runs it.</param>
/// <param name="ConnectionName">The connection string that it needs.</param>
/// <param name="Arguments">Arguments that make the image migrate and end.</param>
public sealed record MigrationSettings(string Resource, string ConnectionName, IReadOnlyList<string> Arguments);

/// <summary>The cluster's source of CPU and memory readings, without which no autoscaler works.</summary>
public sealed record MetricsServerSettings
{
    /// <summary>The switch that makes it accept any kubelet's certificate.</summary>
    public const string InsecureSwitch = "--kubelet-insecure-tls";

    public required string Image { get; init; }

    /// <summary>Arguments in every overlay.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Arguments in the <c>dev</c> overlay, whose kubelets have self-signed certificates.</summary>
    public required IReadOnlyList<string> DevelopmentArguments { get; init; }
}

/// <summary>A cluster of one node, such as kind, minikube or k3s.</summary>
public sealed record DevelopmentSettings
{
    /// <summary>Volumes on the node's own disk.</summary>
    public required IReadOnlyList<HostVolume> Volumes { get; init; }

    /// <summary>Most pods of autoscaled workloads, by name: with them everything fits one node of 2 CPUs and 4 GiB.</summary>
    public IReadOnlyDictionary<string, int> MostPods { get; init; } = new Dictionary<string, int>();

    /// <summary>Image with a shell that gives new folders of the node to the users of the stores.</summary>
    public required string FolderImage { get; init; }
}

/// <summary>A folder of the node, reserved for one claim of one workload.</summary>
public sealed record HostVolume(string Name, string Workload, string Size, string Folder);

/// <summary>A cluster whose stores are managed services.</summary>
public sealed record ProductionSettings
{
    /// <summary>Workloads of the manifest that are replaced by services outside, with the ports of these.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<int>> Managed { get; init; }

    /// <summary>Workloads of the manifest that are for development only. Nothing in production knows of them.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Workloads of the manifest that production does not run.</summary>
    internal HashSet<string> NotRun => [.. Managed.Keys, .. LeftOut];

    /// <summary>Secret that holds their connection strings, by connection name.</summary>
    public string ConnectionSecret { get; init; } = "external-services";

    /// <summary>Name under which clients reach the API, where the environment gives none.</summary>
    public required string Host { get; init; }

    /// <summary>Class of the ingress controller, and the namespace that it runs in.</summary>
    public string IngressClass { get; init; } = "nginx";

    public string IngressNamespace { get; init; } = "ingress-nginx";

    /// <summary>
    /// Networks that the ingress controller's pods may have an address of. What these say about a client (<c>X-Forwarded-For</c>, <c>X-Forwarded-Proto</c>) is
    /// believed; the policies let only the ingress controller's namespace in, so the private networks are narrow enough.
    /// </summary>
    public IReadOnlyList<string> KnownProxies { get; init; } = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8"];

    /// <summary>Annotations of the ingress: uploads of any size, and streams that stay open.</summary>
    public IReadOnlyDictionary<string, string> IngressAnnotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Workload that the component <c>minio-distributed</c> brings back, spread over this many nodes.</summary>
    public required DistributedStore Store { get; init; }
}

/// <summary>An object store over several nodes.</summary>
/// <param name="Workload">Resource of the manifest.</param>
/// <param name="Nodes">Pods, each on its own node; at least 4 for erasure coding.</param>
/// <param name="VolumeSize">Size of each pod's volume.</param>
public sealed record DistributedStore(string Workload, int Nodes, string VolumeSize);
