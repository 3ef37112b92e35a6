using System.Data.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Minio;

namespace SimulationManager.Core.Storage;

/// <summary>Where an S3 store is and who calls it: a connection string <c>Endpoint=…;AccessKey=…;SecretKey=…[;UseSsl=true]</c>.</summary>
public sealed record S3Connection
{
    /// <summary>Address of the store.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Access key.</summary>
    public required string AccessKey { get; init; }

    /// <summary>Secret key.</summary>
    public required string SecretKey { get; init; }

    /// <summary>Whether calls use TLS; as the address says unless the connection string does.</summary>
    public bool UseSsl { get; init; }

    /// <summary>Reads a connection string of the configuration.</summary>
    /// <exception cref="InvalidOperationException">It is missing, or lacks a part.</exception>
    public static S3Connection Read(IConfiguration configuration, string name)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = configuration.GetConnectionString(name) };
        return new S3Connection
        {
            Endpoint = Uri.TryCreate(Part("Endpoint"), UriKind.Absolute, out var endpoint) ? endpoint : throw new InvalidOperationException($"The Endpoint in 'ConnectionStrings:{name}' is no address."),
            AccessKey = Part("AccessKey"),
            SecretKey = Part("SecretKey"),
            UseSsl = parts.TryGetValue("UseSsl", out var useSsl) ? bool.Parse((string)useSsl) : endpoint.Scheme == Uri.UriSchemeHttps,
        };

        string Part(string part) => parts.TryGetValue(part, out var value)
            ? (string)value
            : throw new InvalidOperationException($"'ConnectionStrings:{name}' has no {part}: Endpoint=http://…;AccessKey=…;SecretKey=… is expected.");
    }

    /// <summary>A client of the store, or of the same store under another address.</summary>
    public IMinioClient CreateClient(Uri? endpoint = null, string? region = null)
    {
        var client = new MinioClient().WithEndpoint(endpoint ?? Endpoint).WithCredentials(AccessKey, SecretKey)
            .WithSSL(endpoint is null ? UseSsl : endpoint.Scheme == Uri.UriSchemeHttps);
        return (region is null ? client : client.WithRegion(region)).Build();
    }
}

/// <summary>The S3 client as a service.</summary>
public static class MinioClientExtensions
{
    private const string CheckName = "Minio";

    /// <summary>Adds an <see cref="IMinioClient"/> for any S3-compatible store, with a health check. Its HTTP calls are traced as all are.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Name in <c>ConnectionStrings</c>.</param>
    public static void AddMinioClient(this IHostApplicationBuilder builder, string connectionName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(_ => S3Connection.Read(builder.Configuration, connectionName).CreateClient());
        builder.Services.AddHttpClient();
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            CheckName,
            services => new S3HealthCheck(services.GetRequiredService<IHttpClientFactory>(), S3Connection.Read(builder.Configuration, connectionName).Endpoint),
            failureStatus: null,
            tags: null));
    }
}
