using System.Text.Json.Serialization;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes.Settings;

/// <summary>What Prometheus scrapes: each pod by itself, found through the headless services. Source: Prometheus' configuration reference.</summary>
internal static class PrometheusConfiguration
{
    public const string FilePath = "/etc/prometheus/prometheus.yml";

    /// <summary>The configuration file for some jobs.</summary>
    public static string Scraping(params (string Job, string Service)[] targets) => OutputTree.ToYaml(new Configuration(
        new Globals("15s"),
        [.. targets.Select(target => new ScrapeJob(target.Job, "/metrics", [new DnsDiscovery([target.Service], "A", ManifestResolver.DefaultProjectPort, "15s")]))]));

    private sealed record Configuration(
        [property: JsonPropertyName("global")] Globals Global,
        [property: JsonPropertyName("scrape_configs")] IReadOnlyList<ScrapeJob> Jobs);

    private sealed record Globals([property: JsonPropertyName("scrape_interval")] string ScrapeInterval);

    private sealed record ScrapeJob(
        [property: JsonPropertyName("job_name")] string Name,
        [property: JsonPropertyName("metrics_path")] string Path,
        [property: JsonPropertyName("dns_sd_configs")] IReadOnlyList<DnsDiscovery> Discovery);

    private sealed record DnsDiscovery(
        [property: JsonPropertyName("names")] IReadOnlyList<string> Names,
        [property: JsonPropertyName("type")] string Type,
        [property: JsonPropertyName("port")] int Port,
        [property: JsonPropertyName("refresh_interval")] string Refresh);
}
