using System.Text.Json.Serialization;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Localization;
using Scalar.AspNetCore;
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
using SimulationManager.Api.Simulations;
using SimulationManager.Api.Templates;
using SimulationManager.Core.LiveState;

namespace SimulationManager.Api;

/// <summary>The API's services, its middleware in order, and its routes.</summary>
internal static class ApiSetup
{
    private const long MaxJsonBytes = 1024 * 1024;

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
        services.AddLocalization();
        services.AddContract();
        services.AddClientOrigins(builder);
        services.AddAccounts();
        services.AddFeatures();
        services.AddSingleton<WorkerConnection>().AddHostedService(provider => provider.GetRequiredService<WorkerConnection>());
        services.AddSingleton<Preparation>().AddHostedService(provider => provider.GetRequiredService<Preparation>());
        services.AddApiHealth();
        services.AddOptions<DemoOptions>().BindConfiguration(DemoOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<DemoSeed>().AddHostedService<FirstRunDemo>();
        services.AddApiDocument();
        services.AddRefreshCookieScheme();
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
        app.UseRouting();
        app.UseCors();
        app.UseMiddleware<FailureMiddleware>();
        app.UseMiddleware<PreparationGate>();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<BodyCharset>();
        return app;
    }

    public static WebApplication MapApi(this WebApplication app)
    {
        app.MapDefaultEndpoints();
        app.MapOpenApi().AllowAnonymous();
        // The page speaks to this API and to nobody else.
        app.MapScalarApiReference("/docs", options => options
            .WithTitle("SimulationManager API")
            .DisableDefaultFonts()
            .DisableAgent()
            .DisableMcp()
            .DisableTelemetry()
            .HideDeveloperTools()
            .HideClientButton()
            .AddPreferredSecuritySchemes(ApiDocument.BearerScheme)).AllowAnonymous();
        var api = app.MapGroup("/api").AddEndpointFilterFactory(BodyValidationFilter.Create).Refuses(500, 503).RefusesWhatAllRefuse();
        api.MapAuth();
        api.MapTemplates(app.Services);
        api.MapPartUploads();
        api.MapSimulations();
        api.MapSimulationViews();
        api.MapLatestRun();
        api.MapPatterns();
        api.MapExecutions();
        api.MapPlayback();
        api.MapInstances();
        api.MapDashboard();
        api.MapMec();
        api.MapUsers();
        api.MapEvents();
        return app;
    }

    private static void AddContract(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            options.SerializerOptions.Converters.Add(new UtcTimeConverter());
            // Korean as it is, not as escapes; the answers are never embedded in HTML.
            options.SerializerOptions.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
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

    private static void AddAccounts(this IServiceCollection services)
    {
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SigningKeyRing>().AddSingleton<IPreparationStep>(provider => provider.GetRequiredService<SigningKeyRing>());
        services.AddHostedService<SigningKeyReload>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<PasswordHasher>();
        services.AddSingleton<DeviceSessions>();
        services.AddSingleton<AttemptLimiter>();
        services.AddScoped<Accounts>();
        services.AddBearer();
    }

    private static void AddFeatures(this IServiceCollection services)
    {
        services.AddOptions<UploadOptions>().BindConfiguration(UploadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<UploadSpool>();
        services.AddSingleton<TemplateFormReader>();
        services.AddSingleton<BundleChecker>();
        services.AddSingleton<TemplateViews>();
        services.AddScoped<TemplateService>();
        services.AddScoped<PartUploads>();
        services.AddSingleton<ObjectSweep>().AddHostedService(provider => provider.GetRequiredService<ObjectSweep>());
        services.AddScoped<SimulationService>().AddSingleton<SimulationReads>();
        services.AddSingleton<RunTexts>();
        services.AddScoped<ExecutionStates>();
        services.AddScoped<ExecutionStarter>();
        services.AddScoped<ExecutionService>();
        services.AddScoped<ReportService>();
        services.AddSingleton<LiveAgentStore>().AddScoped<InstancePages>();
        services.AddScoped<PatternService>();
        services.AddScoped<DeletionService>();
        services.AddSingleton<DeletionSignal>().AddHostedService<DeletionWorker>();
        services.AddScoped<InstanceService>();
        services.AddScoped<MecService>();
        services.AddScoped<UserService>();
        services.AddScoped<SystemCounts>();
        services.AddScoped<SimulationViewService>();
        services.AddSingleton<WorkerUsageStore>().AddSingleton<UsageReader>();
        services.AddSingleton<LiveEventLog>().AddSingleton<EventSignal>().AddSingleton<EventStream>().AddSingleton<EventAnnouncer>();
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
