using Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace Microsoft.Extensions.Hosting;

/// <summary>Database contexts on PostgreSQL.</summary>
public static class AspireEFPostgreSqlExtensions
{
    private const string SectionName = "Aspire:Npgsql:EntityFrameworkCore:PostgreSQL";
    private const string MeterName = "Npgsql";

    /// <summary>A pooled context with retries, a health check, traces and metrics.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Name in <c>ConnectionStrings</c>.</param>
    /// <param name="configureSettings">Has the last word on the settings.</param>
    /// <param name="configureDbContextOptions">Has the last word on the context's options.</param>
    public static void AddNpgsqlDbContext<TContext>(
        this IHostApplicationBuilder builder, string connectionName,
        Action<NpgsqlEntityFrameworkCorePostgreSQLSettings>? configureSettings = null,
        Action<DbContextOptionsBuilder>? configureDbContextOptions = null)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        var settings = Read<TContext>(builder, connectionName, configureSettings);
        builder.Services.AddDbContextPool<TContext>(options =>
        {
            if (string.IsNullOrEmpty(settings.ConnectionString))
                throw new InvalidOperationException(
                    $"ConnectionString is missing. It should be provided in 'ConnectionStrings:{connectionName}' or under the 'ConnectionString' key in '{SectionName}' or '{SectionName}:{typeof(TContext).Name}' configuration section.");
            options.UseNpgsql(settings.ConnectionString, npgsql => Configure(npgsql, settings));
            configureDbContextOptions?.Invoke(options);
        });
        AddObservation<TContext>(builder, settings);
    }

    /// <summary>Adds retries, a health check, traces and metrics to a context that has been registered.</summary>
    /// <exception cref="InvalidOperationException">The context has not been registered.</exception>
    public static void EnrichNpgsqlDbContext<TContext>(
        this IHostApplicationBuilder builder, Action<NpgsqlEntityFrameworkCorePostgreSQLSettings>? configureSettings = null)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.All(service => service.ServiceType != typeof(TContext)))
            throw new InvalidOperationException($"DbContext<{typeof(TContext).Name}> was not registered. Ensure you have registered the DbContext in DI before calling EnrichNpgsqlDbContext.");
        var settings = Read<TContext>(builder, connectionName: null, configureSettings);
        builder.Services.ConfigureDbContext<TContext>(options => options.UseNpgsql(npgsql => Configure(npgsql, settings)));
        AddObservation<TContext>(builder, settings);
    }

    private static NpgsqlEntityFrameworkCorePostgreSQLSettings Read<TContext>(
        IHostApplicationBuilder builder, string? connectionName, Action<NpgsqlEntityFrameworkCorePostgreSQLSettings>? configure)
    {
        var settings = new NpgsqlEntityFrameworkCorePostgreSQLSettings();
        var section = builder.Configuration.GetSection(SectionName);
        section.Bind(settings);
        section.GetSection(typeof(TContext).Name).Bind(settings);
        if (connectionName is not null && builder.Configuration.GetConnectionString(connectionName) is { Length: > 0 } connectionString)
            settings.ConnectionString = connectionString;
        configure?.Invoke(settings);
        return settings;
    }

    private static void Configure(NpgsqlDbContextOptionsBuilder npgsql, NpgsqlEntityFrameworkCorePostgreSQLSettings settings)
    {
        if (!settings.DisableRetry)
            npgsql.EnableRetryOnFailure();
        if (settings.CommandTimeout is { } seconds)
            npgsql.CommandTimeout(seconds);
    }

    private static void AddObservation<TContext>(IHostApplicationBuilder builder, NpgsqlEntityFrameworkCorePostgreSQLSettings settings)
        where TContext : DbContext
    {
        var name = typeof(TContext).Name;
        if (!settings.DisableHealthChecks && builder.Properties.TryAdd($"Aspire.HealthChecks.{name}", true))
            builder.Services.AddHealthChecks().AddDbContextCheck<TContext>(name);
        if (!settings.DisableTracing)
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddNpgsql());
        if (!settings.DisableMetrics)
            builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(MeterName));
    }
}
