using SimulationManager.Core.LiveState;

namespace SimulationManager.Api.Live;

/// <summary>Events of runs.</summary>
internal static class LiveFeature
{
    public static void AddLive(this IServiceCollection services) =>
        services.AddSingleton<LiveEventLog>().AddSingleton<EventSignal>().AddSingleton<EventStream>().AddSingleton<EventAnnouncer>();

    public static void MapLive(this RouteGroupBuilder api) => api.MapEvents();
}
