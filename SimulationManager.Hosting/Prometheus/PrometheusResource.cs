namespace SimulationManager.Hosting.Prometheus;

/// <summary>A Prometheus server.</summary>
/// <param name="name">Name of the resource.</param>
public sealed class PrometheusResource(string name) : ContainerResource(name)
{
    internal const string PrimaryEndpointName = "http";

    private readonly List<EndpointReference> _targets = [];

    internal void AddTarget(EndpointReference target) => _targets.Add(target);

    /// <summary>The configuration with a job for each target, as they are reached from <paramref name="network"/>.</summary>
    internal async Task<string> ConfigurationAsync(NetworkIdentifier network, CancellationToken cancellationToken)
    {
        List<string> lines = ["global:", "  scrape_interval: 5s", "scrape_configs:"];
        foreach (var target in _targets)
        {
            var address = await target.Property(EndpointProperty.HostAndPort)
                .GetValueAsync(new ValueProviderContext { Caller = this, Network = network }, cancellationToken).ConfigureAwait(false);
            lines.AddRange([$"  - job_name: {target.Resource.Name}", "    static_configs:", $"      - targets: [\"{address}\"]"]);
        }

        return string.Join('\n', lines) + '\n';
    }
}
