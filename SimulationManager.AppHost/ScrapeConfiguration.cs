namespace SimulationManager.AppHost;

/// <summary>
/// Prometheus' configuration for a run on this machine: which ports the services have is only known when they start. In Kubernetes
/// the generated manifests bring the configuration.
/// </summary>
internal sealed class ScrapeConfiguration : IDisposable
{
    // What a container calls the machine that it runs on.
    private const string ThisMachine = "host.docker.internal";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("simulationmanager-prometheus-");

    public ScrapeConfiguration()
    {
        // Prometheus' container runs as a user of its own.
        if (!OperatingSystem.IsWindows())
            _folder.UnixFileMode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    }

    /// <summary>The folder that stands for <c>/etc/prometheus</c>.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Writes a job for each service, named like it; their ports must have been allocated.</summary>
    public void Write(params ReadOnlySpan<EndpointReference> services)
    {
        List<string> lines = ["global:", "  scrape_interval: 5s", "scrape_configs:"];
        foreach (var service in services)
            lines.AddRange([$"  - job_name: {service.Resource.Name}", "    static_configs:", $"      - targets: [\"{ThisMachine}:{service.Port}\"]"]);
        File.WriteAllLines(Path.Combine(Folder, "prometheus.yml"), lines);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
