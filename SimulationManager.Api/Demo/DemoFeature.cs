namespace SimulationManager.Api.Demo;

/// <summary>Something to play with on a first run.</summary>
internal static class DemoFeature
{
    public static void AddDemo(this IServiceCollection services)
    {
        services.AddOptions<DemoOptions>().BindConfiguration(DemoOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<DemoSeed>().AddScoped<DemoSite>().AddHostedService<FirstRunDemo>();
    }
}
