namespace SimulationManager.Api.Pages;

/// <summary>The web console: files for browsers, and one page for every address that is no file and belongs to nothing else.</summary>
internal static class PagesFeature
{
    /// <summary>What is at these addresses answers for itself when something there is not found.</summary>
    private static readonly PathString[] s_others = ["/api", "/openapi", "/docs", "/health", "/alive", "/metrics"];

    /// <summary>Files are described by what the build of this project wrote, whatever program it runs in.</summary>
    private static readonly string s_files = Path.Combine(AppContext.BaseDirectory, $"{typeof(PagesFeature).Assembly.GetName().Name}.staticwebassets");

    public static void AddPages(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ConsolePage>();
        // Not published, the files lie where they were built.
        if (!File.Exists($"{s_files}.runtime.json")) return;
        builder.Configuration[WebHostDefaults.StaticWebAssetsKey] = $"{s_files}.runtime.json";
        // Files that are added later would be found by a route for every path, with the same harm as one for the page.
        builder.Configuration["DisableStaticAssetNotFoundRuntimeFallback"] = "true";
        builder.WebHost.UseStaticWebAssets();
    }

    /// <summary>Answers what belongs to nothing else with the page. After routing: a route for it would take the place of routing's own refusals, such as 405.</summary>
    public static void UsePages(this WebApplication app)
    {
        var page = app.Services.GetRequiredService<ConsolePage>();
        app.UseWhen(IsOfConsole, console => console.Run(page.SendAsync));
    }

    public static void MapPages(this WebApplication app)
    {
        app.MapStaticAssets($"{s_files}.endpoints.json").AllowAnonymous();
        // Of the files the page alone has headers of its own.
        app.MapMethods("/index.html", [HttpMethods.Get, HttpMethods.Head], app.Services.GetRequiredService<ConsolePage>().SendAsync)
            .AllowAnonymous().ExcludeFromDescription().WithOrder(int.MinValue);
    }

    private static bool IsOfConsole(HttpContext context) =>
        context.GetEndpoint() is null && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        && !Array.Exists(s_others, other => context.Request.Path.StartsWithSegments(other, StringComparison.OrdinalIgnoreCase));
}
