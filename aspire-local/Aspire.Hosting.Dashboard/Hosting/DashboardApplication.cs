using System.Globalization;
using Aspire.Hosting.Dashboard.Access;
using Aspire.Hosting.Dashboard.Components;
using Aspire.Hosting.Dashboard.Data;
using Aspire.Hosting.Dashboard.Otlp;
using Aspire.Hosting.Dashboard.Resources;
using Aspire.Hosting.Dashboard.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using MudBlazor.Services;

namespace Aspire.Hosting.Dashboard.Hosting;

/// <summary>The dashboard as a web application with three doors: pages and data, OTLP over gRPC, OTLP over HTTP.</summary>
internal static class DashboardApplication
{
    public const int ConfigurationErrorCode = 2;
    public const int PortTakenCode = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        WebApplication app;
        try
        {
            app = Build(args);
        }
        catch (InvalidOperationException error)
        {
            await Console.Error.WriteLineAsync($"The dashboard cannot start: {error.Message}");
            return ConfigurationErrorCode;
        }

        await using (app)
        {
            try
            {
                await app.StartAsync();
            }
            catch (IOException error) when (error.InnerException is AddressInUseException)
            {
                await Console.Error.WriteLineAsync(
                    $"The dashboard cannot start: {error.Message} End the program that uses the port, or choose another with {DashboardSettings.FrontendUrlKey} (pages), {DashboardSettings.OtlpGrpcUrlKey} (OTLP/gRPC) or {DashboardSettings.OtlpHttpUrlKey} (OTLP/HTTP).");
                return PortTakenCode;
            }

            Announce(app);
            await app.WaitForShutdownAsync();
        }

        return 0;
    }

    /// <exception cref="InvalidOperationException">A setting cannot be understood; the message names it.</exception>
    public static WebApplication Build(string[] args)
    {
        // The files lie beside the assembly; where the AppHost was started from does not matter.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseStaticWebAssets();
        var settings = DashboardSettings.Read(builder.Configuration, Secrets.NewToken);
        builder.Services.AddSingleton(settings);
        // The doors are opened below; left here, the addresses would be opened twice.
        builder.WebHost.UseUrls();
        builder.WebHost.ConfigureKestrel((context, kestrel) =>
        {
            var limits = context.Configuration.GetSection(TelemetryLimits.Section).Get<TelemetryLimits>() ?? new TelemetryLimits();
            kestrel.Limits.MaxRequestBodySize = limits.MaxRequestMegabytes * 1024L * 1024;
            kestrel.Open(settings);
        });
        AddServices(builder, settings);
        var app = builder.Build();
        UsePipeline(app);
        return app;
    }

    /// <summary>The addresses that the doors got, in the order frontend, OTLP/gRPC, OTLP/HTTP.</summary>
    public static Uri[] Addresses(WebApplication app) =>
        [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];

    private static void AddServices(WebApplicationBuilder builder, DashboardSettings settings)
    {
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddOptions<TelemetryLimits>().BindConfiguration(TelemetryLimits.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<TelemetryStore>();
        services.AddSingleton<AttributeReader>();
        services.AddSingleton<TraceIngestion>();
        services.AddSingleton<LogIngestion>();
        services.AddSingleton<MetricIngestion>();
        services.AddSingleton<ResourceBoard>();
        services.AddSingleton<ResourceServiceClient>();
        services.AddSingleton<ConsoleFollowerFactory>();
        services.AddHostedService(provider => provider.GetRequiredService<ResourceServiceClient>());
        services.AddSingleton<SessionArchive>();
        services.AddFrontendAccess(settings);
        services.AddOtlpFloodLimit();
        services.AddRequestDecompression();
        services.AddResponseCompression(options => options.EnableForHttps = false);
        services.AddGrpc(options =>
        {
            var limits = builder.Configuration.GetSection(TelemetryLimits.Section).Get<TelemetryLimits>() ?? new TelemetryLimits();
            options.MaxReceiveMessageSize = limits.MaxRequestMegabytes * 1024 * 1024;
        });
        services.AddLocalization();
        services.AddMudServices();
        services.AddCascadingAuthenticationState();
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddHttpContextAccessor();
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
    }

    private static void UsePipeline(WebApplication app)
    {
        app.UseWhen(context => context.EntryDoor() == Door.Frontend, frontend =>
        {
            frontend.UseMiddleware<SameOriginGate>();
            frontend.UseMiddleware<SecurityHeaders>();
            frontend.UseRequestLocalization(options => options.SetDefaultCulture("en").AddSupportedCultures("en", "ko").AddSupportedUICultures("en", "ko"));
        });
        app.UseWhen(context => context.EntryDoor() is Door.OtlpGrpc or Door.OtlpHttp, otlp =>
        {
            otlp.UseMiddleware<OtlpApiKeyGate>();
            otlp.UseMiddleware<OtlpFloodGate>();
        });
        // gRPC unpacks its own messages.
        app.UseWhen(context => context.EntryDoor() == Door.OtlpHttp, http => http.UseRequestDecompression());
        app.UseRouting();
        app.UseMiddleware<DoorGate>();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();

        app.MapGrpcService<TraceGrpcService>().Behind(Door.OtlpGrpc);
        app.MapGrpcService<MetricsGrpcService>().Behind(Door.OtlpGrpc);
        app.MapGrpcService<LogsGrpcService>().Behind(Door.OtlpGrpc);
        app.MapGroup("").Behind(Door.OtlpHttp).MapOtlpHttp();
        app.MapGet("/alive", () => "ok").AllowAnonymous();
        app.MapLogin();
        app.MapPreferences();
        app.MapData();
        app.MapStaticAssets();
        // SecurityHeaders has a policy for the whole page; the render mode's own would be a second one beside it.
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = null).RequireAuthorization(FrontendAccess.Policy);
    }

    private static void Announce(WebApplication app)
    {
        var settings = app.Services.GetRequiredService<DashboardSettings>();
        var addresses = Addresses(app);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"OTLP/gRPC on {addresses[^2]}, OTLP/HTTP on {addresses[^1]}"));
        var login = settings.FrontendAccess == AccessMode.Token ? $"login?t={settings.BrowserToken}" : "";
        Console.WriteLine($"Login to the dashboard at {new Uri(addresses[0], login)}");
    }
}
