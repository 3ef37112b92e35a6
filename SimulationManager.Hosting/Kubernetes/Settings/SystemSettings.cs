using SimulationManager.Hosting.Mqtt;

namespace SimulationManager.Hosting.Kubernetes.Settings;

/// <summary>How this system runs on Kubernetes: every number that a person may want to change is here. Requests follow what was measured (docs/operations.md).</summary>
public static class SystemSettings
{
    /// <summary>User of the .NET images (<c>APP_UID</c>).</summary>
    private const long DotNetUser = 1654;

    /// <summary>The resource whose agents publish at sites outside the cluster.</summary>
    internal const string SiteClient = "worker";

    private const string Stores = "simulation-manager-stores";
    private const string Services = "simulation-manager-services";
    private const string Monitoring = "simulation-manager-monitoring";

    /// <summary>The settings of a version.</summary>
    /// <param name="version">Tag of our own images.</param>
    public static ClusterSettings Of(string version) => new()
    {
        Version = version,
        Workloads = new Dictionary<string, WorkloadSettings>
        {
            ["postgres"] = Postgres,
            ["redis"] = Redis,
            ["minio"] = Minio,
            ["mqtt"] = Mqtt,
            ["metrics"] = Prometheus,
            ["worker"] = Worker,
            ["api"] = Api,
        },
        ParameterDefaults = new Dictionary<string, string> { ["user"] = "robot" },
        Priorities =
        [
            new PriorityLevel(Stores, 1_000_000, Preempts: true, "Stores, without which no service is ready: they take the place of any other pod."),
            // A service that is added must not push out a pod that works: those of others, or the metrics that it is scaled by.
            new PriorityLevel(Services, 1_000, Preempts: false, "Services: they wait for room."),
            new PriorityLevel(Monitoring, 100, Preempts: false, "Metrics and the broker for a first try: the first to give way."),
        ],
        Migration = new MigrationSettings("api", "robotdb", ["--migrate"]),
        MetricsServer = new MetricsServerSettings
        {
            Image = "registry.k8s.io/metrics-server/metrics-server:v0.8.0",
            Arguments =
            [
                "--cert-dir=/tmp",
                "--secure-port=10250",
                "--metric-resolution=15s",
                "--kubelet-preferred-address-types=InternalIP,Hostname,InternalDNS,ExternalDNS,ExternalIP",
                "--kubelet-use-node-status-port",
            ],
            DevelopmentArguments = [MetricsServerSettings.InsecureSwitch],
        },
        Development = new DevelopmentSettings
        {
            MostPods = new Dictionary<string, int> { ["api"] = 2, ["worker"] = 3 },
            FolderImage = "docker.io/library/busybox:1.37.0",
            Volumes =
            [
                new HostVolume("postgres-pv", "postgres", "5Gi", "/var/lib/robot/postgres"),
                new HostVolume("minio-pv", "minio", "1Gi", "/var/lib/robot/minio"),
                new HostVolume("redis-pv", "redis", "1Gi", "/var/lib/robot/redis"),
            ],
        },
        Production = new ProductionSettings
        {
            Host = "simulation.example.org",
            Managed = new Dictionary<string, IReadOnlyList<int>>
            {
                ["postgres"] = [5432],
                ["redis"] = [6379, 6380],
                ["minio"] = [443, 9000],
            },
            LeftOut = ["mqtt"],
            IngressAnnotations = new Dictionary<string, string>
            {
                ["nginx.ingress.kubernetes.io/proxy-body-size"] = "0",
                ["nginx.ingress.kubernetes.io/proxy-request-buffering"] = "off",
                ["nginx.ingress.kubernetes.io/proxy-buffering"] = "off",
                ["nginx.ingress.kubernetes.io/proxy-read-timeout"] = "3600",
                ["nginx.ingress.kubernetes.io/proxy-send-timeout"] = "3600",
            },
            Store = new DistributedStore("minio", 4, "100Gi"),
        },
    };

    private static WorkloadSettings Postgres => new()
    {
        Stage = InstallStage.Stores,
        PriorityClass = Stores,
        Component = "database",
        Stateful = true,
        HeadlessService = true,
        UserId = 999,
        GroupId = 999,
        Requests = new ComputeSize("100m", "256Mi", "64Mi"),
        Limits = new ComputeSize("2", "1Gi", "512Mi"),
        Probes = ProbeSet.Command("pg_isready", "--host=127.0.0.1", "--username=postgres", "--quiet"),
        // A volume's own root may hold "lost+found", which initdb refuses. The official image makes the database that is named here.
        Environment = new Dictionary<string, string>
        {
            ["PGDATA"] = "/var/lib/postgresql/data/pgdata",
            ["POSTGRES_DB"] = "robotdb",
        },
        VolumeSizes = new Dictionary<string, string> { ["/var/lib/postgresql/data"] = "5Gi" },
        ScratchFolders = new Dictionary<string, string> { ["/var/run/postgresql"] = "16Mi", ["/tmp"] = "256Mi" },
        TerminationGrace = TimeSpan.FromSeconds(60),
    };

    private static WorkloadSettings Redis => new()
    {
        Stage = InstallStage.Platform,
        PriorityClass = Stores,
        Component = "cache",
        Stateful = true,
        HeadlessService = true,
        UserId = 999,
        GroupId = 999,
        Requests = new ComputeSize("25m", "64Mi", "32Mi"),
        Limits = new ComputeSize("1", "512Mi", "128Mi"),
        // Sign-ins are here: a snapshot a minute would lose those of the last one.
        AddedArguments = ["--appendonly", "yes"],
        Probes = ProbeSet.Command("/bin/sh", "-c", "REDISCLI_AUTH=\"$REDIS_PASSWORD\" redis-cli -h 127.0.0.1 ping | grep -q PONG"),
        VolumeSizes = new Dictionary<string, string> { ["/data"] = "1Gi" },
        ScratchFolders = new Dictionary<string, string> { ["/tmp"] = "32Mi" },
    };

    private static WorkloadSettings Minio => new()
    {
        Stage = InstallStage.Stores,
        PriorityClass = Stores,
        Component = "object-store",
        Stateful = true,
        PodService = true,
        UserId = 1000,
        GroupId = 1000,
        Requests = new ComputeSize("50m", "256Mi", "64Mi"),
        Limits = new ComputeSize("2", "1Gi", "512Mi"),
        Probes = ProbeSet.Web("http", "/minio/health/live", "/minio/health/ready"),
        // The image's home folder is root's; its client keeps a configuration there.
        Environment = new Dictionary<string, string> { ["HOME"] = "/tmp" },
        VolumeSizes = new Dictionary<string, string> { ["/data"] = "20Gi" },
        ScratchFolders = new Dictionary<string, string> { ["/tmp"] = "256Mi" },
        DevelopmentNodePorts = new Dictionary<string, int> { ["http"] = 30333, ["console"] = 30334 },
    };

    /// <summary>For a first try. Only Api and Worker reach it, so it asks nobody for a password.</summary>
    private static WorkloadSettings Mqtt => new()
    {
        Stage = InstallStage.Platform,
        PriorityClass = Monitoring,
        Component = "broker",
        UserId = 1883,
        GroupId = 1883,
        Requests = new ComputeSize("10m", "16Mi", "16Mi"),
        Limits = new ComputeSize("1", "256Mi", "64Mi"),
        Probes = ProbeSet.Command("mosquitto_sub", "-h", "127.0.0.1", "-t", "probe", "-E", "-W", "3"),
        Files = new Dictionary<string, string> { [MosquittoConfiguration.ContainerPath] = MosquittoConfiguration.Of(MosquittoConfiguration.ContainerPort) },
    };

    private static WorkloadSettings Prometheus => new()
    {
        Stage = InstallStage.Platform,
        PriorityClass = Monitoring,
        Component = "monitoring",
        Image = "docker.io/prom/prometheus:v3.5.0",
        UserId = 65534,
        GroupId = 65534,
        Requests = new ComputeSize("25m", "128Mi", "256Mi"),
        Limits = new ComputeSize("1", "512Mi", "3Gi"),
        Probes = ProbeSet.Web("http", "/-/healthy", "/-/ready"),
        Arguments =
        [
            $"--config.file={PrometheusConfiguration.FilePath}",
            "--storage.tsdb.path=/prometheus",
            "--storage.tsdb.retention.time=7d",
            "--storage.tsdb.retention.size=1500MB",
        ],
        Files = new Dictionary<string, string> { [PrometheusConfiguration.FilePath] = PrometheusConfiguration.Scraping(("api", "api-pods"), ("worker", "worker")) },
        ScratchFolders = new Dictionary<string, string> { ["/prometheus"] = "2Gi", ["/tmp"] = "64Mi" },
        Calls = [new Call("api", "http"), new Call("worker", "http")],
    };

    private static WorkloadSettings Worker => new()
    {
        Stage = InstallStage.Services,
        PriorityClass = Services,
        Component = "silo",
        HeadlessService = true,
        UserId = DotNetUser,
        GroupId = DotNetUser,
        Requests = new ComputeSize("125m", "512Mi", "256Mi"),
        Limits = new ComputeSize("2", "2Gi", "12Gi"),
        Probes = ProbeSet.Web("http", "/alive", "/health"),
        Ports = new Dictionary<string, int> { ["orleans-silo"] = 11111, ["orleans-gateway"] = 30000 },
        Environment = DotNetEnvironment(new Dictionary<string, string>
        {
            ["Replay__CacheSize"] = "8589934592",
        }),
        PodFields = new Dictionary<string, string>
        {
            ["Orleans__Endpoints__AdvertisedIPAddress"] = "status.podIP",
            ["POD_NAME"] = "metadata.name",
            ["POD_NAMESPACE"] = "metadata.namespace",
        },
        // /tmp holds the opened bags: room for Replay:CacheSize and for a bag that is just being fetched.
        ScratchFolders = new Dictionary<string, string> { ["/tmp"] = "10Gi" },
        Calls = [new Call("worker", "orleans-silo"), new Call("worker", "orleans-gateway")],
        Autoscaling = new AutoscalingSettings(2, 20, "500m")
        {
            // 80 % of what one silo was seen to play on time (docs/performance.md, "Many agents through the whole system").
            Load =
            [
                new LoadMetric("messages", "sum(simulation_replay_planned_rate)", "80000"),
                new LoadMetric("agents", "sum(simulation_replay_agents)", "4000"),
            ],
        },
        // A silo that leaves hands its agents over, so the next must not go before it is done, and a new one is no use until an old one's are free.
        TerminationGrace = TimeSpan.FromSeconds(90),
        SurgeOnUpdate = false,
        ApiRights =
        [
            new ApiRight("", ["pods"], ["get", "list", "watch"]),
            new ApiRight("metrics.k8s.io", ["pods"], ["get", "list"]),
        ],
    };

    private static WorkloadSettings Api => new()
    {
        Stage = InstallStage.Services,
        PriorityClass = Services,
        Component = "api",
        PodService = true,
        UserId = DotNetUser,
        GroupId = DotNetUser,
        Requests = new ComputeSize("100m", "320Mi", "256Mi"),
        Limits = new ComputeSize("2", "1Gi", "34Gi"),
        Probes = ProbeSet.Web("http", "/alive", "/health"),
        Environment = DotNetEnvironment(new Dictionary<string, string> { ["Uploads__MaxBundleBytes"] = "10737418240" }),
        KnownProxiesVariable = "ForwardedHeaders__KnownNetworks",
        // /tmp holds uploads until they are checked, a few of the largest at once, and recordings that are watched (Viewing:MaxBytes).
        ScratchFolders = new Dictionary<string, string> { ["/tmp"] = "32Gi" },
        Calls = [new Call("worker", "orleans-gateway")],
        Autoscaling = new AutoscalingSettings(2, 10, "300m"),
        DrainDelay = TimeSpan.FromSeconds(5),
        DevelopmentNodePorts = new Dictionary<string, int> { ["http"] = 30020 },
    };

    private static Dictionary<string, string> DotNetEnvironment(Dictionary<string, string> own) => new(own)
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        // Aspire's "true" believes whatever client what it says about its address; the Api has a list of proxies instead.
        ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "false",
        ["Database__MigrateOnStart"] = "false",
        ["DOTNET_EnableDiagnostics"] = "0",
    };
}
