namespace SimulationManager.Api.Mec;

/// <summary>Edge sites.</summary>
internal static class MecFeature
{
    public static void AddMec(this IServiceCollection services) => services.AddScoped<MecService>();

    public static void MapMec(this RouteGroupBuilder api) => api.MapMecEndpoints();
}
