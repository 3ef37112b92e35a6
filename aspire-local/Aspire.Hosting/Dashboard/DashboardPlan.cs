using System.Security.Cryptography;
using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Dashboard;

/// <summary>Whether there is a dashboard in this run, where it listens, and the keys to it; decided before anything starts.</summary>
internal sealed record DashboardPlan
{
    public const string FrontendUrlKey = "ASPNETCORE_URLS";
    public const string OtlpGrpcUrlKey = "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL";
    public const string OtlpHttpUrlKey = "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL";
    public const string OtlpApiKeyKey = "AppHost:OtlpApiKey";
    public const string BrowserTokenKey = "AppHost:BrowserToken";

    public bool IsEnabled { get; init; }

    /// <summary>Why it cannot be started although it should; names the setting to change.</summary>
    public string? Problem { get; init; }

    public string FrontendUrl { get; init; } = "";
    public string OtlpGrpcUrl { get; init; } = "";
    public string OtlpHttpUrl { get; init; } = "";
    public string BrowserToken { get; init; } = "";
    public string OtlpApiKey { get; init; } = "";

    /// <summary>Reads the settings, fills in those that are missing, and puts what the resources need back into the configuration.</summary>
    public static DashboardPlan Make(ConfigurationManager configuration, DistributedApplicationOptions options)
    {
        if (options.DisableDashboard || !configuration.GetValue(LocalSettings.DashboardKey, defaultValue: true))
            return new DashboardPlan();

        int[] free = configuration.GetValue(LocalSettings.RandomizePortsKey, defaultValue: false)
            ? [LoopbackPorts.FindFree(), LoopbackPorts.FindFree(), LoopbackPorts.FindFree()]
            : [18888, 18889, 18890];
        var plan = new DashboardPlan
        {
            IsEnabled = true,
            FrontendUrl = First(configuration, FrontendUrlKey) ?? $"http://localhost:{free[0]}",
            OtlpGrpcUrl = First(configuration, OtlpGrpcUrlKey, "DOTNET_DASHBOARD_OTLP_ENDPOINT_URL") ?? $"http://localhost:{free[1]}",
            OtlpHttpUrl = First(configuration, OtlpHttpUrlKey, "DOTNET_DASHBOARD_OTLP_HTTP_ENDPOINT_URL") ?? $"http://localhost:{free[2]}",
            BrowserToken = First(configuration, BrowserTokenKey, "ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN", "DOTNET_DASHBOARD_FRONTEND_BROWSERTOKEN") ?? NewKey(),
            OtlpApiKey = First(configuration, OtlpApiKeyKey) ?? NewKey(),
        };
        if (FindProblem(plan) is { } problem)
            return plan with { Problem = problem };
        configuration.AddInMemoryCollection([
            new(OtlpGrpcUrlKey, plan.OtlpGrpcUrl), new(OtlpHttpUrlKey, plan.OtlpHttpUrl), new(OtlpApiKeyKey, plan.OtlpApiKey), new(BrowserTokenKey, plan.BrowserToken)]);
        return plan;
    }

    public static string NewKey() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static string? FindProblem(DashboardPlan plan)
    {
        try
        {
            foreach (var url in plan.FrontendUrl.Split(';', StringSplitOptions.RemoveEmptyEntries))
                EnsureFree(url, FrontendUrlKey);
            EnsureFree(plan.OtlpGrpcUrl, OtlpGrpcUrlKey);
            EnsureFree(plan.OtlpHttpUrl, OtlpHttpUrlKey);
            return null;
        }
        catch (Exception exception) when (exception is PortTakenException or UriFormatException)
        {
            return exception.Message;
        }
    }

    private static void EnsureFree(string url, string setting)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
            throw new UriFormatException($"{setting} is '{url}'; it has to be an address such as http://localhost:18888.");
        LoopbackPorts.EnsureFree(address.Port, $"the dashboard's setting {setting} (for example {setting}=http://localhost:{address.Port + 1000}; or turn it off with {LocalSettings.DashboardKey.Replace(":", "__", StringComparison.Ordinal)}=false)");
    }

    private static string? First(ConfigurationManager configuration, params string[] keys) =>
        keys.Select(key => configuration[key]).FirstOrDefault(value => !string.IsNullOrEmpty(value));
}
