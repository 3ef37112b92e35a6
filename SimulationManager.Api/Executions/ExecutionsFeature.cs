using SimulationManager.Core.LiveState;

namespace SimulationManager.Api.Executions;

/// <summary>Runs of simulations.</summary>
internal static class ExecutionsFeature
{
    public static void AddExecutions(this IServiceCollection services)
    {
        services.AddSingleton<RunTexts>();
        services.AddScoped<ExecutionStates>();
        services.AddScoped<ExecutionStarter>();
        services.AddScoped<ExecutionService>();
        services.AddScoped<ReportService>();
        services.AddScoped<RecordingService>();
        services.AddSingleton<LiveAgentStore>().AddScoped<InstancePages>();
    }

    public static void MapExecutions(this RouteGroupBuilder api)
    {
        api.MapLatestRunEndpoints();
        api.MapExecutionEndpoints();
        api.MapPlaybackEndpoints();
    }
}
