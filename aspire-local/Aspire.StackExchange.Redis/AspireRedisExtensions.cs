using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Redis clients.</summary>
public static class AspireRedisExtensions
{
    private const string SectionName = "Aspire:StackExchange:Redis";

    /// <summary>One shared <see cref="IConnectionMultiplexer"/> with a health check and traces. It connects when it is first asked for, and keeps trying when the server is away.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Name in <c>ConnectionStrings</c>.</param>
    /// <param name="configureSettings">Has the last word on the settings.</param>
    /// <param name="configureOptions">Has the last word on the client's options.</param>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder, string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null) =>
        Add(builder, connectionName, serviceKey: null, configureSettings, configureOptions);

    /// <summary>The same as a keyed service, whose key is the connection's name.</summary>
    /// <inheritdoc cref="AddRedisClient"/>
    public static void AddKeyedRedisClient(
        this IHostApplicationBuilder builder, string name,
        Action<StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null) =>
        Add(builder, name, serviceKey: name, configureSettings, configureOptions);

    private static void Add(
        IHostApplicationBuilder builder, string connectionName, string? serviceKey,
        Action<StackExchangeRedisSettings>? configureSettings, Action<ConfigurationOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        var section = builder.Configuration.GetSection(SectionName);
        var settings = new StackExchangeRedisSettings();
        section.Bind(settings);
        section.GetSection(connectionName).Bind(settings);
        if (builder.Configuration.GetConnectionString(connectionName) is { Length: > 0 } connectionString)
            settings.ConnectionString = connectionString;
        configureSettings?.Invoke(settings);

        if (serviceKey is null)
            builder.Services.AddSingleton<IConnectionMultiplexer>(services => Connect(services, Options(services)));
        else
            builder.Services.AddKeyedSingleton<IConnectionMultiplexer>(serviceKey, (services, _) => Connect(services, Options(services)));
        AddObservation(builder, settings, serviceKey);

        ConfigurationOptions Options(IServiceProvider services)
        {
            if (string.IsNullOrEmpty(settings.ConnectionString))
                throw new InvalidOperationException(
                    $"ConnectionString is missing. It should be provided in 'ConnectionStrings:{connectionName}' or under the 'ConnectionString' key in '{SectionName}' or '{SectionName}:{connectionName}' configuration section.");
            var options = ConfigurationOptions.Parse(settings.ConnectionString);
            // A server that is away at the start is one that comes back; who wants it otherwise says so.
            if (!settings.ConnectionString.Contains("abortConnect", StringComparison.OrdinalIgnoreCase))
                options.AbortOnConnectFail = false;
            section.GetSection("ConfigurationOptions").Bind(options);
            section.GetSection($"{connectionName}:ConfigurationOptions").Bind(options);
            options.LoggerFactory ??= services.GetService<ILoggerFactory>();
            configureOptions?.Invoke(options);
            return options;
        }

        IConnectionMultiplexer Connect(IServiceProvider services, ConfigurationOptions options)
        {
            var connection = ConnectionMultiplexer.Connect(options);
            if (!settings.DisableTracing)
                services.GetRequiredService<RedisCommandTracer>().Watch(connection);
            return connection;
        }
    }

    private static void AddObservation(IHostApplicationBuilder builder, StackExchangeRedisSettings settings, string? serviceKey)
    {
        var checkName = serviceKey is null ? "StackExchange.Redis" : $"StackExchange.Redis_{serviceKey}";
        if (!settings.DisableHealthChecks && builder.Properties.TryAdd($"Aspire.HealthChecks.{checkName}", true))
            builder.Services.AddHealthChecks().AddRedis(
                services => serviceKey is null
                    ? services.GetRequiredService<IConnectionMultiplexer>()
                    : services.GetRequiredKeyedService<IConnectionMultiplexer>(serviceKey),
                checkName);
        if (settings.DisableTracing)
            return;
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<RedisCommandTracer>();
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(RedisCommandTracer.SourceName));
    }
}
