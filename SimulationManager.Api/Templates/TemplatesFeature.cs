namespace SimulationManager.Api.Templates;

/// <summary>Robot behaviours and their bags.</summary>
internal static class TemplatesFeature
{
    public static void AddTemplates(this IServiceCollection services)
    {
        services.AddOptions<UploadOptions>().BindConfiguration(UploadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<UploadSpool>();
        services.AddSingleton<TemplateFormReader>();
        services.AddSingleton<BundleChecker>();
        services.AddSingleton<TemplateViews>();
        services.AddSingleton<BagConversions>();
        services.AddSingleton<BagDownloads>();
        services.AddScoped<TemplateService>();
        services.AddScoped<TemplateMerger>();
        services.AddScoped<PartUploads>();
        services.AddSingleton<ObjectSweep>().AddHostedService(provider => provider.GetRequiredService<ObjectSweep>());
    }

    public static void MapTemplates(this RouteGroupBuilder api)
    {
        api.MapTemplateEndpoints();
        api.MapPartUploadEndpoints();
    }
}
