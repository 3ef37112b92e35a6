using CommunityToolkit.Aspire.Minio.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Minio;

namespace Microsoft.Extensions.Hosting;

/// <summary>S3 clients.</summary>
public static class MinioClientBuilderExtensionMethods
{
    private const string Archived = "The open-source edition of MinIO is archived and gets no fixes any more; this integration goes away with it.";
    private const string DefaultSection = "Aspire:Minio:Client";
    private const string CheckName = "Minio";
    private const string HttpActivitySource = "System.Net.Http";

    /// <summary>An <see cref="IMinioClient"/> for any S3-compatible server, with a health check and traces of its HTTP calls.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Name in <c>ConnectionStrings</c>.</param>
    /// <param name="configurationSectionName">Section with the settings.</param>
    /// <param name="configureSettings">Has the last word on the settings.</param>
    [Obsolete(Archived)]
    public static void AddMinioClient(
        this IHostApplicationBuilder builder, string? connectionName = null, string? configurationSectionName = DefaultSection,
        Action<MinioClientSettings>? configureSettings = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = new MinioClientSettings();
        builder.Configuration.Bind(configurationSectionName ?? DefaultSection, settings);
        if (!string.IsNullOrEmpty(connectionName) && builder.Configuration.GetConnectionString(connectionName) is { Length: > 0 } connectionString)
            settings.ParseConnectionString(connectionString);
        configureSettings?.Invoke(settings);

        builder.Services.TryAddSingleton<IMinioClientFactory>(new MinioClientFactory(client => Configure(client, settings)));
        builder.Services.TryAdd(new ServiceDescriptor(typeof(IMinioClient), services => Create(services, settings), settings.ServiceLifetime));
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(HttpActivitySource));
        if (builder.Properties.TryAdd($"Aspire.HealthChecks.{CheckName}", true))
        {
            builder.Services.AddHttpClient();
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                CheckName, services => new S3HealthCheck(services.GetRequiredService<IHttpClientFactory>(), settings), null, null));
        }
    }

    private static IMinioClient Create(IServiceProvider services, MinioClientSettings settings) => settings.Endpoint is null
        ? throw new InvalidOperationException("The MinIO endpoint must be provided either in configuration section, or as a part of connection string or settings delegate")
        : services.GetRequiredService<IMinioClientFactory>().CreateClient();

    private static void Configure(IMinioClient client, MinioClientSettings settings)
    {
        client.WithEndpoint(settings.Endpoint).WithSSL(settings.UseSsl);
        if (settings.Credentials is { } credentials)
            client.WithCredentials(credentials.AccessKey, credentials.SecretKey);
        if (settings.UserAgentHeaderInfo is { } name)
            client.SetAppInfo(name.AppName, name.AppVersion);
        if (settings.SetTraceOn)
            client.SetTraceOn();
        else
            client.SetTraceOff();
    }
}
