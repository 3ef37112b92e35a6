using Microsoft.Extensions.Configuration;
using Orleans.Configuration;

namespace SimulationManager.Core.Grains;

/// <summary>How silos and clients of one system find each other in Redis.</summary>
public static class ClusterIdentity
{
    /// <summary>Setting that separates systems which share a Redis, and runs of a development machine from each other.</summary>
    public const string ClusterIdSetting = "Orleans:ClusterId";

    private const string DefaultId = "simulation-manager";

    /// <summary>Sets the service's name (constant: it keys reminders and grain state) and the cluster's (from configuration).</summary>
    public static void Apply(ClusterOptions options, IConfiguration configuration)
    {
        options.ServiceId = DefaultId;
        options.ClusterId = configuration[ClusterIdSetting] is { Length: > 0 } id ? id : DefaultId;
    }
}
