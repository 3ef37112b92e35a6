namespace SimulationManager.Api.Simulations;

/// <summary>Plans, from creation to deletion.</summary>
internal static class SimulationsFeature
{
    public static void AddSimulations(this IServiceCollection services)
    {
        services.AddSingleton<SimulationReads>();
        services.AddScoped<SimulationService>();
        services.AddScoped<PatternService>();
        services.AddScoped<DeletionService>();
        services.AddSingleton<DeletionSignal>().AddHostedService<DeletionWorker>();
    }

    public static void MapSimulations(this RouteGroupBuilder api)
    {
        api.MapSimulationEndpoints();
        api.MapPatternEndpoints();
    }
}
