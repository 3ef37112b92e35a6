using System.Net;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using SimulationManager.Core.Grains;
using SimulationManager.Worker.Executions;
using StackExchange.Redis;

namespace SimulationManager.Worker.Hosting;

/// <summary>The Orleans silo: found through Redis, ports free or configured, a lost neighbour noticed within seconds.</summary>
internal static class SiloSetup
{
    public static void AddSilo(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(options => ClusterIdentity.Apply(options, configuration));
            silo.UseRedisClustering(options => UseRedis(options, configuration));
            silo.Configure<EndpointOptions>(options => SetEndpoints(options, configuration));
            silo.Configure<ClusterMembershipOptions>(NoticeLostSilos);
            silo.AddActivityPropagation();
            silo.Services.AddPlacementDirector<NamedSiloPlacement, NamedSiloPlacementDirector>();
        });
    }

    private static void UseRedis(RedisClusteringOptions options, ConfigurationManager configuration)
    {
        options.ConfigurationOptions = ConfigurationOptions.Parse(configuration.GetConnectionString("redis")!);
        options.ConfigurationOptions.AbortOnConnectFail = false;
    }

    private static void SetEndpoints(EndpointOptions options, ConfigurationManager configuration)
    {
        options.AdvertisedIPAddress = configuration["Orleans:AdvertisedAddress"] is { Length: > 0 } address ? IPAddress.Parse(address) : IPAddress.Loopback;
        options.SiloPort = configuration.GetValue("Orleans:SiloPort", 0) is var silo and > 0 ? silo : FreePorts.Draw();
        options.GatewayPort = configuration.GetValue("Orleans:GatewayPort", 0) is var gateway and > 0 ? gateway : FreePorts.Draw();
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
