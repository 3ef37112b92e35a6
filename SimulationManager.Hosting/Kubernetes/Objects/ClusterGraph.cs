using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>The manifest's graph inside the cluster: workloads and the connections between them.</summary>
internal sealed class ClusterGraph
{
    /// <summary>Name of the migration job's pods, as connections and labels know it.</summary>
    public const string Migration = "migration";

    public ClusterGraph(AspireManifest manifest, ClusterSettings settings)
    {
        Settings = settings;
        Resolver = new ManifestResolver(manifest, settings);
        Workloads = manifest.Workloads.Select(workload => Describe(workload.Key, workload.Value)).ToDictionary(workload => workload.Name, StringComparer.Ordinal);
        Edges = [.. FindEdges().Distinct().OrderBy(edge => edge.To, StringComparer.Ordinal).ThenBy(edge => edge.From, StringComparer.Ordinal).ThenBy(edge => edge.Port)];
    }

    public ClusterSettings Settings { get; }

    public ManifestResolver Resolver { get; }

    public IReadOnlyDictionary<string, ClusterWorkload> Workloads { get; }

    public IReadOnlyList<Edge> Edges { get; }

    /// <summary>The workload of that name.</summary>
    /// <exception cref="GenerationException">The manifest has none.</exception>
    public ClusterWorkload Find(string name) =>
        Workloads.TryGetValue(name, out var workload) ? workload : throw new GenerationException($"The manifest has no workload '{name}', which the settings need.");

    private ClusterWorkload Describe(string name, ManifestResource resource)
    {
        var settings = Settings.For(name);
        foreach (var mount in resource.BindMounts.Where(mount => !settings.Files.Keys.Any(file => file == mount.Target || file.StartsWith(mount.Target + '/', StringComparison.Ordinal))))
            throw new GenerationException($"'{name}' mounts '{mount.Source}' of the development machine on '{mount.Target}': give that file in WorkloadSettings.Files.");
        var image = ImageReference.Choose(name, resource, settings, Settings);
        return new ClusterWorkload
        {
            Name = name,
            Resource = resource,
            Settings = settings,
            Image = image,
            Version = resource.Type == ManifestResource.Project ? Settings.Version : ImageReference.VersionOf(image),
            Ports = [.. PortsOf(name, resource)],
        };
    }

    private IEnumerable<WorkloadPort> PortsOf(string workload, ManifestResource resource)
    {
        foreach (var (name, binding) in resource.Bindings)
        {
            if (Resolver.PortOf(workload, name) is { } port)
                yield return new WorkloadPort(name, port, binding.External);
        }
    }

    /// <summary>References of the manifest, and the calls that only the settings know.</summary>
    private IEnumerable<Edge> FindEdges()
    {
        foreach (var workload in Workloads.Values)
        {
            foreach (var endpoint in EndpointsOf([.. workload.Resource.Env.Values, .. workload.Resource.Args]).Where(endpoint => endpoint.Workload != workload.Name))
                yield return new Edge(workload.Name, endpoint.Workload, endpoint.Port);
            foreach (var call in workload.Settings.Calls.Where(call => Workloads.ContainsKey(call.Target)))
                yield return new Edge(workload.Name, call.Target, PortOf(call));
        }

        var migrating = Find(Settings.Migration.Resource).Resource.Env[$"ConnectionStrings__{Settings.Migration.ConnectionName}"];
        foreach (var (workload, port) in EndpointsOf([migrating]))
            yield return new Edge(Migration, workload, port);
    }

    private IEnumerable<(string Workload, int Port)> EndpointsOf(IEnumerable<string> expressions) =>
        expressions.Where(expression => !Resolver.NeedsMissingEndpoint(expression)).SelectMany(expression => Resolver.Resolve(expression).Endpoints);

    private int PortOf(Call call) => Find(call.Target).Ports.FirstOrDefault(port => port.Name == call.Port)?.Number
        ?? throw new GenerationException($"The settings call port '{call.Port}' of '{call.Target}', which it does not have.");
}
