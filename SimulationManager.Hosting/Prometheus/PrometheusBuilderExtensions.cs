using SimulationManager.Hosting.Prometheus;

namespace Aspire.Hosting;

/// <summary>Adds Prometheus servers to an application.</summary>
public static class PrometheusBuilderExtensions
{
    private const string ConfigurationFolder = "/etc/prometheus";
    private const int Port = 9090;

    /// <summary>Adds a Prometheus server.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource.</param>
    /// <param name="port">Its port on this machine; a free one unless given.</param>
    public static IResourceBuilder<PrometheusResource> AddPrometheus(this IDistributedApplicationBuilder builder, [ResourceName] string name, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var prometheus = builder.AddResource(new PrometheusResource(name))
            .WithImage("prom/prometheus")
            .WithHttpEndpoint(port, Port, PrometheusResource.PrimaryEndpointName)
            .WithIconName("ChartMultiple");
        // In a cluster the configuration comes with the manifests: what is there to scrape is known to them alone.
        return builder.ExecutionContext.IsPublishMode ? prometheus : prometheus.WithContainerFiles(ConfigurationFolder, async (context, cancellationToken) =>
            [new ContainerFile { Name = "prometheus.yml", Contents = await prometheus.Resource.ConfigurationAsync(KnownNetworkIdentifiers.DefaultAspireContainerNetwork, cancellationToken).ConfigureAwait(false) }]);
    }

    /// <summary>Scrapes <c>/metrics</c> of an endpoint, in a run on this machine.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="target">The endpoint; its job has the name of its resource.</param>
    public static IResourceBuilder<PrometheusResource> WithScrapeTarget(this IResourceBuilder<PrometheusResource> builder, EndpointReference target)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(target);
        if (builder.ApplicationBuilder.ExecutionContext.IsPublishMode) return builder;
        builder.Resource.AddTarget(target);
        // What an environment names, Aspire makes reachable from a container.
        return builder.WithEnvironment($"SCRAPE_{target.Resource.Name.ToUpperInvariant()}", target);
    }
}
