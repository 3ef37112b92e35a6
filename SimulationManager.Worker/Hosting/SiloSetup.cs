using System.Net;
using Orleans.Configuration;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Hosting;

/// <summary>The Orleans silo: found through Redis, ports free or configured, a lost neighbour noticed within seconds.</summary>
internal static class SiloSetup
{
    /// <summary>Adds the silo. Cluster, clustering and ports are those of the section <c>Orleans</c>, which Orleans reads itself.</summary>
    public static void AddSilo(this WebApplicationBuilder builder)
    {
        builder.AddKeyedRedisClient("redis", settings => settings.DisableHealthChecks = settings.DisableTracing = true, options => options.AbortOnConnectFail = false);
        builder.UseOrleans(silo =>
        {
            silo.Configure<EndpointOptions>(options => SetEndpoints(options, builder.Configuration.GetSection("Orleans:Endpoints")));
            silo.Configure<ClusterMembershipOptions>(NoticeLostSilos);
            silo.Services.AddPlacementDirector<NamedSiloPlacement, NamedSiloPlacementDirector>();
        });
    }

    private static void SetEndpoints(EndpointOptions options, IConfigurationSection configured)
    {
        options.AdvertisedIPAddress ??= IPAddress.Loopback;
        if (!configured.GetSection(nameof(EndpointOptions.SiloPort)).Exists()) options.SiloPort = FreePorts.Draw();
        if (!configured.GetSection(nameof(EndpointOptions.GatewayPort)).Exists()) options.GatewayPort = FreePorts.Draw();
        if (!IPAddress.IsLoopback(options.AdvertisedIPAddress))
        {
            options.SiloListeningEndpoint = new IPEndPoint(IPAddress.Any, options.SiloPort);
            options.GatewayListeningEndpoint = new IPEndPoint(IPAddress.Any, options.GatewayPort);
        }
    }

    /// <summary>
    /// A killed silo is declared dead after some three seconds, also by a single neighbour, so that its agents go on within
    /// fifteen. Entries that killed silos left in Redis are passed over by one that starts after ten seconds.
    /// </summary>
    private static void NoticeLostSilos(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.MinProbeTimeout = TimeSpan.FromSeconds(1);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 1;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(3);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(3);
        options.NumMissedTableIAmAliveLimit = 3;
    }
}
