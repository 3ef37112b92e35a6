using SimulationManager.Core.LiveState;

namespace SimulationManager.Api.Dashboard;

/// <summary>Simulations and the whole system at a glance.</summary>
internal static class DashboardFeature
{
    public static void AddDashboard(this IServiceCollection services)
    {
        services.AddScoped<SystemCounts>();
        services.AddScoped<SimulationViewService>();
        services.AddSingleton<WorkerUsageStore>().AddSingleton<UsageReader>();
    }

    public static void MapDashboard(this RouteGroupBuilder api)
    {
        api.MapSimulationViewEndpoints();
        api.MapDashboardEndpoints();
    }
}
