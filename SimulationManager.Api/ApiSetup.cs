using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Localization;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Dashboard;
using SimulationManager.Api.Demo;
using SimulationManager.Api.Executions;
using SimulationManager.Api.Hosting;
using SimulationManager.Api.Instances;
using SimulationManager.Api.Live;
using SimulationManager.Api.Mec;
using SimulationManager.Api.OpenApi;
using SimulationManager.Api.Pages;
using SimulationManager.Api.Simulations;
using SimulationManager.Api.Templates;
using SimulationManager.Api.Viewing;

namespace SimulationManager.Api;

/// <summary>The API: its features, and its middleware in order.</summary>
internal static class ApiSetup
{
    private const long MaxJsonBytes = 1024 * 1024;

    /// <summary>Proxies close a WebSocket that is silent for half a minute; one that does not answer for as long again is gone.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static WebApplicationBuilder AddApi(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxJsonBytes;
        });
        services.AddSingleton(TimeProvider.System);
        services.AddMemoryCache();
        services.AddClientOrigins(builder);
        services.AddContract();
        services.AddHosting();
        services.AddApiDocument();
        services.AddAuth();
        services.AddTemplates();
        services.AddSimulations();
        services.AddExecutions();
        services.AddInstances();
        services.AddDashboard();
        services.AddMec();
        services.AddLive();
        services.AddViewing();
        services.AddDemo();
        builder.AddPages();
        return builder;
    }

    public static WebApplication UseApi(this WebApplication app)
    {
        app.UseProxyHeaders();
        app.UseRequestLocalization(options =>
        {
            options.DefaultRequestCulture = new RequestCulture("en");
            options.SupportedCultures = [new("en")];
            options.SupportedUICultures = [new("en"), new("ko")];
            options.RequestCultureProviders = [new AcceptLanguageHeaderRequestCultureProvider()];
        });
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = KeepAlive, KeepAliveTimeout = KeepAlive });
        app.UseRouting();
        app.UseCors();
        app.UseMiddleware<FailureMiddleware>();
        app.UseMiddleware<PreparationGate>();
        app.UsePages();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<BodyCharset>();
        return app;
    }

    public static WebApplication MapApi(this WebApplication app)
    {
        app.MapDefaultEndpoints();
        app.MapApiDocument();
        var api = app.MapContract();
        api.MapAuth();
        api.MapTemplates();
        api.MapSimulations();
        api.MapExecutions();
        api.MapInstances();
        api.MapDashboard();
        api.MapMec();
        api.MapLive();
        api.MapViewing();
        app.MapPages();
        return app;
    }

    private static void AddClientOrigins(this IServiceCollection services, WebApplicationBuilder builder)
    {
        string[] inDevelopment = builder.Environment.IsDevelopment() ? ["http://localhost:3000", "http://localhost:5173"] : [];
        string[] origins = [.. builder.Configuration.GetSection("Cors:Origins").Get<string[]>() ?? [], .. inDevelopment];
        services.AddCors(options => options.AddDefaultPolicy(policy => policy
            .WithOrigins(origins)
            .AllowCredentials()
            .AllowAnyMethod()
            // What event streams send when they connect again, beside what all requests do.
            .WithHeaders("authorization", "content-type", "last-event-id", "cache-control")
            .WithExposedHeaders("Retry-After")));
    }

    /// <summary>Behind a proxy that is named in configuration the client's own address and scheme count.</summary>
    private static void UseProxyHeaders(this WebApplication app)
    {
        var networks = app.Configuration.GetSection("ForwardedHeaders:KnownNetworks").Get<string[]>();
        if (networks is not { Length: > 0 }) return;
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
        foreach (var network in networks) options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
        app.UseForwardedHeaders(options);
    }
}
