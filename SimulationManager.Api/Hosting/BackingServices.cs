using Microsoft.Extensions.Diagnostics.HealthChecks;
using Minio;
using Npgsql;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Storage;
using StackExchange.Redis;

namespace SimulationManager.Api.Hosting;

/// <summary>PostgreSQL, Redis and S3 by their connection strings, and what is said of the API's health when one is away.</summary>
internal static class BackingServices
{
    public const string Database = "robotdb";
    public const string Redis = "redis";
    public const string Storage = "minio";

    /// <summary>Checks whose failure leaves much that still works: without Redis calls with a token, without S3 all but bundles.</summary>
    private static readonly string[] DispensableChecks = ["StackExchange.Redis", "Minio"];

    public static void AddBackingServices(this WebApplicationBuilder builder)
    {
        builder.AddNpgsqlDbContext<RobotDbContext>(
            Database,
            settings =>
            {
                settings.ConnectionString = Patient(settings.ConnectionString);
                // A client is told to come back: it may wait longer than a request should.
                settings.DisableRetry = true;
            },
            options => RobotDbContextOptions.Configure(options));
        builder.AddRedisClient(Redis, configureOptions: options => FailFast(options, builder.Configuration.GetValue("Redis:Timeout", TimeSpan.FromSeconds(2))));
        builder.AddMinioClient(Storage);
        builder.Services.AddSingleton<LiveExecutionStore>();
        builder.Services.AddSingleton(services => new BundleStore(
            services.GetRequiredService<IMinioClient>(),
            builder.Configuration.GetSection("Storage").Get<BundleStoreOptions>() ?? new BundleStoreOptions(),
            SignerOf(builder.Configuration)));
        builder.Services.Configure<HealthCheckServiceOptions>(options =>
        {
            foreach (var check in options.Registrations.Where(check => DispensableChecks.Contains(check.Name)))
                check.FailureStatus = HealthStatus.Degraded;
        });
    }

    /// <summary>A request waits a few seconds for a connection, not the driver's fifteen: the portal gives up at thirty.</summary>
    private static string? Patient(string? connectionString) => connectionString is null
        ? null
        : new NpgsqlConnectionStringBuilder(connectionString) { Timeout = 5, MaxAutoPrepare = 64 }.ConnectionString;

    /// <summary>While Redis is away calls fail at once, and PostgreSQL answers instead; one that is slow is waited for (<c>Redis:Timeout</c>).</summary>
    private static void FailFast(ConfigurationOptions options, TimeSpan timeout)
    {
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ConnectTimeout = options.AsyncTimeout = (int)timeout.TotalMilliseconds;
    }

    /// <summary>Signs download addresses under the host by which browsers reach the store (<c>Storage:PublicEndpoint</c>); never calls it.</summary>
    private static IMinioClient? SignerOf(ConfigurationManager configuration)
    {
        if (configuration.GetConnectionString(Storage) is null) return null;
        var connection = S3Connection.Read(configuration, Storage);
        var endpoint = configuration["Storage:PublicEndpoint"] is { Length: > 0 } address ? new Uri(address) : connection.Endpoint;
        return connection.CreateClient(endpoint, configuration["Storage:Region"] ?? "us-east-1");
    }
}
