using Microsoft.Extensions.Diagnostics.HealthChecks;
using SimulationManager.Core.Data;
using SimulationManager.Core.Storage;
using StackExchange.Redis;

namespace SimulationManager.Api.Hosting;

/// <summary>Whether what the API stands on is there. Without Redis or a worker much still works: degraded, not unhealthy.</summary>
internal static class BackingHealth
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void AddBackingHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<DatabaseHealth>("postgres", timeout: Patience)
        .AddCheck<RedisHealth>("redis", HealthStatus.Degraded, timeout: Patience)
        .AddCheck<StorageHealth>("minio", HealthStatus.Degraded, timeout: Patience)
        .AddCheck<WorkerHealth>("worker", HealthStatus.Degraded);

    private sealed class DatabaseHealth(RobotDbContext database, Preparation preparation) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (!preparation.IsDone) return HealthCheckResult.Unhealthy("The schema is not applied yet.");
            return await database.Database.CanConnectAsync(cancellationToken)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("PostgreSQL does not answer.");
        }
    }

    private sealed class RedisHealth(IConnectionMultiplexer redis) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (!redis.IsConnected) return HealthCheckResult.Degraded("Redis does not answer: sign-ins are not remembered and live progress is coarse.");
            await redis.GetDatabase().PingAsync();
            return HealthCheckResult.Healthy();
        }
    }

    private sealed class StorageHealth(BundleStore store) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await store.IsReachableAsync(cancellationToken)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded("The bucket is not there.");
    }

    private sealed class WorkerHealth(WorkerConnection worker) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(worker.IsConnected
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded("No worker is connected: simulations cannot be started."));
    }
}
