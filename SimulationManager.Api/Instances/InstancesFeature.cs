namespace SimulationManager.Api.Instances;

/// <summary>Agents that people add to simulations by hand.</summary>
internal static class InstancesFeature
{
    public static void AddInstances(this IServiceCollection services) => services.AddScoped<InstanceService>();

    public static void MapInstances(this RouteGroupBuilder api) => api.MapInstanceEndpoints();
}
