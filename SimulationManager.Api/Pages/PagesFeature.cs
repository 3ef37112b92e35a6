namespace SimulationManager.Api.Pages;

/// <summary>The web console: files for browsers, and one page for every address that is no file and belongs to nothing else.</summary>
internal static class PagesFeature
{
    /// <summary>What is at these addresses answers for itself when something there is not found.</summary>
    private const string NotOfTheConsole = @"^(?!(api|openapi|docs|health|alive|metrics)(/|$)).*$";

    /// <summary>Files are described by what the build of this project wrote, whatever program it runs in.</summary>
    private static readonly string s_files = Path.Combine(AppContext.BaseDirectory, $"{typeof(PagesFeature).Assembly.GetName().Name}.staticwebassets");

    public static void AddPages(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ConsolePage>();
        // Not published, the files lie where they were built.
        if (!File.Exists($"{s_files}.runtime.json")) return;
        builder.Configuration[WebHostDefaults.StaticWebAssetsKey] = $"{s_files}.runtime.json";
        builder.WebHost.UseStaticWebAssets();
    }

    public static void MapPages(this WebApplication app)
    {
        app.MapStaticAssets($"{s_files}.endpoints.json").AllowAnonymous();
        var page = app.Services.GetRequiredService<ConsolePage>();
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        // The page itself has headers of its own, under each of its addresses.
        app.MapMethods("/index.html", methods, page.SendAsync).AllowAnonymous().ExcludeFromDescription().WithOrder(int.MinValue);
        app.MapMethods("/", methods, page.SendAsync).AllowAnonymous().ExcludeFromDescription();
        app.MapMethods($"{{**path:regex({NotOfTheConsole.Replace("{", "{{").Replace("}", "}}")})}}", methods, page.SendAsync)
            .AllowAnonymous().ExcludeFromDescription().WithOrder(int.MaxValue);
    }
}
