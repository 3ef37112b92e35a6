using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Api.Viewing.Foxglove;
using SimulationManager.Api.Viewing.Rosbridge;

namespace SimulationManager.Api.Viewing;

/// <summary>What agents put out, for those who watch a run.</summary>
internal static class ViewingFeature
{
    public static void AddViewing(this IServiceCollection services) => services.AddSingleton<FleetTable>().AddSingleton<ExecutionFeeds>().AddScoped<ViewerHost>();

    public static void MapViewing(this RouteGroupBuilder api)
    {
        api.MapRosbridge();
        api.MapFoxglove();
    }
}
