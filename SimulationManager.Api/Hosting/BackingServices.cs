using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Minio;
using Npgsql;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Storage;
using StackExchange.Redis;

namespace SimulationManager.Api.Hosting;

/// <summary>PostgreSQL, Redis and S3 by their connection strings.</summary>
internal static class BackingServices
{
    public const string Database = "robotdb";
    public const string Redis = "redis";
    public const string Storage = "minio";

    public static void AddBackingServices(this WebApplicationBuilder builder)
    {
        builder.Services.AddDbContextPool<RobotDbContext>(options => RobotDbContextOptions.Configure(
            options.UseNpgsql(Patient(Required(builder, Database)))));
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(FailFast(Required(builder, Redis))));
        builder.Services.AddSingleton<IMinioClient>(_ => ClientOf(Required(builder, Storage), null));
        builder.Services.AddSingleton<LiveExecutionStore>();
        builder.Services.AddSingleton(services => new BundleStore(
            services.GetRequiredService<IMinioClient>(),
            builder.Configuration.GetSection("Storage").Get<BundleStoreOptions>() ?? new BundleStoreOptions(),
            ClientOf(Required(builder, Storage), builder.Configuration["Storage:PublicEndpoint"])));
    }

    /// <summary>A request waits a few seconds for a connection, not the driver's fifteen: the portal gives up at thirty.</summary>
    private static string Patient(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Timeout = 5, MaxAutoPrepare = 64 }.ConnectionString;

    /// <summary>While Redis is away calls fail at once, and PostgreSQL answers instead.</summary>
    private static ConfigurationOptions FailFast(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ConnectTimeout = 2000;
        options.AsyncTimeout = 2000;
        return options;
    }

    /// <summary>A client for the store; with a public endpoint one that signs addresses for browsers.</summary>
    private static IMinioClient ClientOf(string connectionString, string? publicEndpoint)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
        var endpoint = new Uri(string.IsNullOrWhiteSpace(publicEndpoint) ? (string)parts["Endpoint"] : publicEndpoint);
        return new MinioClient()
            .WithEndpoint(endpoint)
            .WithCredentials((string)parts["AccessKey"], (string)parts["SecretKey"])
            .WithRegion("us-east-1")
            .WithSSL(endpoint.Scheme == Uri.UriSchemeHttps)
            .Build();
    }

    private static string Required(WebApplicationBuilder builder, string name) =>
        builder.Configuration.GetConnectionString(name)
        ?? throw new InvalidOperationException($"No connection string '{name}': set ConnectionStrings__{name}, or start the API through the AppHost.");
}
