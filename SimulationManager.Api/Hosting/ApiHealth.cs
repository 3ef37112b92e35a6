using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SimulationManager.Api.Hosting;

/// <summary>What the API's health depends on beside its backing services.</summary>
internal static class ApiHealth
{
    public static void AddApiHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<SchemaCheck>("schema")
        .AddCheck<WorkerCheck>("worker", HealthStatus.Degraded);

    private sealed class SchemaCheck(Preparation preparation) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(preparation.IsDone ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The database schema is not applied yet."));
    }

    private sealed class WorkerCheck(WorkerConnection worker) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(worker.IsConnected
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded("No worker is connected: simulations cannot be started."));
    }
}
