using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>Runs a resource's checks for as long as it runs, often at first and seldom once it is healthy.</summary>
internal sealed class HealthMonitor(HealthCheckService checks, IServiceProvider services, TimeProvider clock)
{
    private const string ReadyReport = "ready";
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan LongestUnhealthyInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HealthyInterval = TimeSpan.FromSeconds(5);

    public async Task MonitorAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var keys = instance.Resource.Annotations.OfType<HealthCheckAnnotation>().Select(annotation => annotation.Key).ToHashSet();
        var isPrepared = false;
        var interval = FirstInterval;
        while (true)
        {
            var reports = await CheckAsync(keys, cancellationToken);
            // What is degraded still does its work; others that need it may start.
            var isHealthy = reports.All(report => report.Status is HealthStatus.Healthy or HealthStatus.Degraded);
            if (isHealthy && !isPrepared && await PrepareAsync(instance.Resource, cancellationToken) is var failure)
            {
                isPrepared = failure is null;
                if (failure is not null)
                    reports = reports.Add(failure);
            }
            await instance.State.HealthAsync(reports, isReady: isHealthy && isPrepared);
            if (isHealthy && isPrepared && keys.Count == 0)
                return;
            interval = isHealthy && isPrepared ? HealthyInterval : Min(interval * 1.5, LongestUnhealthyInterval);
            await Task.Delay(interval, clock, cancellationToken);
        }
    }

    private async Task<ImmutableArray<HealthReportSnapshot>> CheckAsync(HashSet<string> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return [];
        var report = await checks.CheckHealthAsync(registration => keys.Contains(registration.Name), cancellationToken);
        var missing = keys.Where(key => !report.Entries.ContainsKey(key))
            .Select(key => new HealthReportSnapshot(key, HealthStatus.Unhealthy, $"No health check is registered with the key '{key}'.", null));
        return
        [
            .. report.Entries.Select(entry => new HealthReportSnapshot(
                entry.Key, entry.Value.Status, entry.Value.Description ?? entry.Value.Exception?.Message, entry.Value.Exception?.ToString())
            {
                LastRunAt = clock.GetUtcNow().UtcDateTime,
            }),
            .. missing,
        ];
    }

    // What fails here (a database that cannot be created) is shown like a failed check, and tried again.
    private async Task<HealthReportSnapshot?> PrepareAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var annotation in resource.Annotations.OfType<ReadyCallbackAnnotation>())
                await annotation.Callback(services, cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new(ReadyReport, HealthStatus.Unhealthy, exception.Message, exception.ToString());
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
