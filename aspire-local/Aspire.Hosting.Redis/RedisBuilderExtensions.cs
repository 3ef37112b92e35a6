using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>Redis servers.</summary>
public static class RedisBuilderExtensions
{
    private const string PasswordVariable = "REDIS_PASSWORD";
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(60);

    /// <inheritdoc cref="AddRedis(IDistributedApplicationBuilder, string, int?, IResourceBuilder{ParameterResource}?)"/>
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port) =>
        builder.AddRedis(name, port, null);

    /// <summary>A Redis 8 server. Without a password one is generated and kept in the AppHost's user secrets.</summary>
    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        // The server's command line is a shell's, so the password has no special characters.
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var redis = new RedisResource(name, secret) { Entrypoint = "/bin/sh" };
        var key = $"{name}_check";
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(key, new RedisHealthCheck(redis), null, null));
        return builder.AddResource(redis)
            .WithEndpoint(port: port, targetPort: 6379, scheme: "redis", name: RedisResource.PrimaryEndpointName)
            .WithImage("library/redis", "8.6")
            .WithImageRegistry("docker.io")
            .WithAnnotation(LocalServerAnnotation.Redis(() => Password(redis), () => SaveOf(redis)))
            .WithHealthCheck(key)
            .WithEnvironment(context =>
            {
                if (redis.PasswordParameter is { } parameter)
                    context.EnvironmentVariables[PasswordVariable] = parameter;
            })
            .WithArgs(context =>
            {
                context.Args.Add("-c");
                context.Args.Add(CommandLine(redis));
            });
    }

    /// <summary>Keeps the data in a named volume, and writes it there regularly.</summary>
    public static IResourceBuilder<RedisResource> WithDataVolume(this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), "/data", isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    /// <param name="builder">The server.</param>
    /// <param name="interval">Time between two snapshots, in whole seconds; one minute unless given.</param>
    /// <param name="keysChangedThreshold">A snapshot is made only if at least this many keys have changed.</param>
    public static IResourceBuilder<RedisResource> WithPersistence(
        this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithAnnotation(new PersistenceAnnotation(interval ?? DefaultInterval, keysChangedThreshold), ResourceAnnotationMutationBehavior.Replace);
    }

    /// <summary>Moves the server to a fixed port of this machine.</summary>
    public static IResourceBuilder<RedisResource> WithHostPort(this IResourceBuilder<RedisResource> builder, int? port)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithEndpoint(RedisResource.PrimaryEndpointName, endpoint => endpoint.Port = port);
    }

    /// <summary>Null: no password.</summary>
    public static IResourceBuilder<RedisResource> WithPassword(this IResourceBuilder<RedisResource> builder, IResourceBuilder<ParameterResource>? password)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.PasswordParameter = password?.Resource;
        return builder;
    }

    private static string CommandLine(RedisResource redis)
    {
        var password = redis.PasswordParameter is null ? "" : $" --requirepass ${PasswordVariable}";
        var save = SaveOf(redis) is var (seconds, keys) ? string.Create(CultureInfo.InvariantCulture, $" --save {seconds} {keys}") : "";
        return $"redis-server{password}{save}";
    }

    private static (int Seconds, long Keys)? SaveOf(RedisResource redis) => redis.TryGetLastAnnotation<PersistenceAnnotation>(out var persistence)
        ? ((int)persistence.Interval.TotalSeconds, persistence.KeysChangedThreshold)
        : null;

    private static ReferenceExpression Password(RedisResource redis) =>
        redis.PasswordParameter is { } password ? ReferenceExpression.Create($"{password}") : ReferenceExpression.Empty;
}
