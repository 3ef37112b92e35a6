namespace SimulationManager.Api.Hosting;

/// <summary>What the API does beside requests: it prepares itself and stays connected to the workers.</summary>
internal static class HostingSetup
{
    public static void AddHosting(this IServiceCollection services)
    {
        services.AddSingleton<WorkerConnection>().AddHostedService(provider => provider.GetRequiredService<WorkerConnection>());
        services.AddSingleton<Preparation>().AddHostedService(provider => provider.GetRequiredService<Preparation>());
        services.AddApiHealth();
    }
}
