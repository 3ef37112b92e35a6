namespace Aspire.Hosting.Dashboard.Hosting;

internal enum AccessMode { Unsecured, Token }

/// <summary>Where the dashboard listens and who may come in; read from the settings that the official dashboard has.</summary>
internal sealed record DashboardSettings
{
    public const string FrontendUrlKey = "ASPNETCORE_URLS";
    public const string OtlpGrpcUrlKey = "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL";
    public const string OtlpHttpUrlKey = "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL";
    public const string OlderOtlpGrpcUrlKey = "DOTNET_DASHBOARD_OTLP_ENDPOINT_URL";
    public const string OlderOtlpHttpUrlKey = "DOTNET_DASHBOARD_OTLP_HTTP_ENDPOINT_URL";
    public const string BrowserTokenKey = "Dashboard:Frontend:BrowserToken";
    public const string OtlpKeyKey = "Dashboard:Otlp:PrimaryApiKey";

    public required IReadOnlyList<Uri> FrontendUrls { get; init; }
    public required Uri OtlpGrpcUrl { get; init; }
    public required Uri OtlpHttpUrl { get; init; }
    public required AccessMode FrontendAccess { get; init; }
    public required string BrowserToken { get; init; }
    public required AccessMode OtlpAccess { get; init; }
    public IReadOnlyList<string> OtlpApiKeys { get; init; } = [];
    public Uri? ResourceServiceUrl { get; init; }
    public string? ResourceServiceApiKey { get; init; }
    public required string ApplicationName { get; init; }

    /// <exception cref="InvalidOperationException">An address or a mode cannot be understood; the message names the setting.</exception>
    public static DashboardSettings Read(IConfiguration configuration, Func<string> newToken)
    {
        var anonymous = Flag(configuration, "ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS") || Flag(configuration, "DOTNET_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS");
        string[] keys = [.. new[] { configuration[OtlpKeyKey], configuration["Dashboard:Otlp:SecondaryApiKey"] }.Where(key => !string.IsNullOrEmpty(key)).Select(key => key!)];
        var otlpAccess = anonymous ? AccessMode.Unsecured : Mode(configuration, "Dashboard:Otlp:AuthMode", "ApiKey", keys.Length == 0 ? AccessMode.Unsecured : AccessMode.Token);
        if (otlpAccess == AccessMode.Token && keys.Length == 0)
            throw new InvalidOperationException($"Dashboard:Otlp:AuthMode is ApiKey, but {OtlpKeyKey} is not set.");

        return new DashboardSettings
        {
            FrontendUrls = [.. (configuration[FrontendUrlKey] ?? configuration["URLS"] ?? "http://localhost:18888").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(text => Address(FrontendUrlKey, text))],
            OtlpGrpcUrl = Address(OtlpGrpcUrlKey, configuration[OtlpGrpcUrlKey] ?? configuration[OlderOtlpGrpcUrlKey] ?? "http://localhost:18889"),
            OtlpHttpUrl = Address(OtlpHttpUrlKey, configuration[OtlpHttpUrlKey] ?? configuration[OlderOtlpHttpUrlKey] ?? "http://localhost:18890"),
            FrontendAccess = anonymous ? AccessMode.Unsecured : Mode(configuration, "Dashboard:Frontend:AuthMode", "BrowserToken", AccessMode.Token),
            BrowserToken = configuration[BrowserTokenKey] is { Length: > 0 } given ? given : newToken(),
            OtlpAccess = otlpAccess,
            OtlpApiKeys = keys,
            ResourceServiceUrl = (configuration["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] ?? configuration["DOTNET_RESOURCE_SERVICE_ENDPOINT_URL"]) is { Length: > 0 } url
                ? Address("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", url)
                : null,
            ResourceServiceApiKey = configuration["Dashboard:ResourceServiceClient:ApiKey"],
            ApplicationName = configuration["Dashboard:ApplicationName"] is { Length: > 0 } name ? name : "Aspire",
        };
    }

    private static bool Flag(IConfiguration configuration, string key) =>
        configuration[key] is { } text && (text == "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase));

    private static AccessMode Mode(IConfiguration configuration, string key, string secured, AccessMode fallback) => configuration[key] switch
    {
        null or "" => fallback,
        var mode when mode.Equals("Unsecured", StringComparison.OrdinalIgnoreCase) => AccessMode.Unsecured,
        var mode when mode.Equals(secured, StringComparison.OrdinalIgnoreCase) => AccessMode.Token,
        var mode => throw new InvalidOperationException($"{key} is '{mode}'; it can be {secured} or Unsecured."),
    };

    private static Uri Address(string key, string text)
    {
        // Kestrel's wildcard hosts are not valid in a URI.
        var normal = text.Replace("://+", "://0.0.0.0", StringComparison.Ordinal).Replace("://*", "://0.0.0.0", StringComparison.Ordinal);
        return Uri.TryCreate(normal, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new InvalidOperationException($"{key} is '{text}'; it has to be an address such as http://localhost:18888.");
    }
}
