namespace SimulationManager.Api.Pages;

/// <summary>The web console: files for browsers, and one page for every address that is no file and belongs to nothing else.</summary>
internal static class PagesFeature
{
    /// <summary>Files are described by what the build of this project wrote, whatever program it runs in.</summary>
    private static readonly string s_files = Path.Combine(AppContext.BaseDirectory, $"{typeof(PagesFeature).Assembly.GetName().Name}.staticwebassets");

    public static void AddPages(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ConsolePage>();
        // Not published, the files lie where they were built.
        if (!File.Exists($"{s_files}.runtime.json")) return;
        builder.Configuration[WebHostDefaults.StaticWebAssetsKey] = $"{s_files}.runtime.json";
        try
        {
            builder.WebHost.UseStaticWebAssets();
        }
        catch (DirectoryNotFoundException)
        {
            // The folders of the sources are not there, or not this user's to read. The API works all the same; that there is no page is logged.
        }
        // Else any file that comes after the build gets an endpoint for all addresses: see below.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = bool.FalseString;
    }

    /// <summary>
    /// Answers the page before anybody has to sign in. No endpoint does it: one for all addresses would be a candidate for those of the API, too, whose
    /// wrong methods would then be unknown addresses.
    /// </summary>
    public static void UsePages(this WebApplication app)
    {
        var page = app.Services.GetRequiredService<ConsolePage>();
        app.Use((context, next) => ConsolePage.IsAt(context) ? page.SendAsync(context) : next(context));
    }

    public static void MapPages(this WebApplication app) => app.MapStaticAssets($"{s_files}.endpoints.json").AllowAnonymous();
}
