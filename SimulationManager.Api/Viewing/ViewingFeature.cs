using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Api.Viewing.Foxglove;
using SimulationManager.Api.Viewing.Recordings;
using SimulationManager.Api.Viewing.Rosbridge;
using SimulationManager.Core.Bundles;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing;

/// <summary>What agents put out, for those who watch a run, and recordings for those who watch these.</summary>
internal static class ViewingFeature
{
    public static void AddViewing(this IServiceCollection services)
    {
        services.AddSingleton<FleetTable>().AddSingleton<ExecutionFeeds>().AddSingleton<ViewerSockets>().AddScoped<ViewerHost>();
        services.AddOptions<RecordingViewOptions>().BindConfiguration(RecordingViewOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        // Less than a worker has: viewers are few, and other requests need the memory and the disk.
        services.AddOptions<BundleCacheOptions>()
            .Configure(cache => (cache.CacheSize, cache.FetchWithin, cache.MemoryPerBundle) = (512 << 20, TimeSpan.FromSeconds(10), 8 << 20))
            .BindConfiguration(RecordingViewOptions.Section)
            .Validate(cache => cache is { CacheSize: >= 0, MemoryPerBundle: >= 0 } && cache.FetchWithin >= TimeSpan.Zero, "Viewing:CacheSize, Viewing:MemoryPerBundle and Viewing:FetchWithin must not be negative.")
            .ValidateOnStart();
        services.AddSingleton<BundleCache>().AddSingleton<ViewedRecordings>();
        // Made, with its thread, when the first recording is watched.
        services.AddSingleton(provider => new ReplayEngine(new ReplayOptions { Lanes = 1 }, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ReplayEngine>>()));
    }

    public static void MapViewing(this RouteGroupBuilder api)
    {
        api.MapRosbridge();
        api.MapFoxglove();
        api.MapRecordings();
    }
}
