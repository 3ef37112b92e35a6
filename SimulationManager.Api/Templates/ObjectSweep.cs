using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Hosting;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Templates;

/// <summary>
/// Removes objects that nothing refers to: bundles of deleted or replaced templates once no run and no instance plays them, recordings without a row, what a process that
/// was killed left half stored, and abandoned uploads. Only old ones: a young one may be on its way into a template.
/// </summary>
public sealed partial class ObjectSweep(
    IServiceScopeFactory scopes, BundleStore store, Preparation preparation, IOptions<UploadOptions> options, TimeProvider time, ILogger<ObjectSweep> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await preparation.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, exception);
            }
        }
    }

    /// <summary>Looks at every object once.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        using var activity = ApiTelemetry.Activities.StartActivity("sweep objects");
        var old = time.GetUtcNow() - options.Value.AbandonedAfter;
        // Listed before the rows are read: a template that is made meanwhile has younger objects.
        List<StoredObject> candidates = [];
        foreach (var prefix in (string[])[BundleUpload.Prefix, PendingUpload.Prefix, ExecutionRecording.Prefix])
        {
            await foreach (var stored in store.ListAsync(prefix, cancellationToken))
            {
                if (stored.LastModified is { } modified && modified.ToUniversalTime() < old.UtcDateTime) candidates.Add(stored);
            }
        }

        if (candidates.Count == 0) return;
        var kept = await ReferredToAsync(cancellationToken);
        foreach (var stored in candidates.Where(stored => !kept.Contains(stored.Key)))
        {
            await store.RemoveAsync(stored.Key, cancellationToken);
            ApiTelemetry.CountSwept();
            LogRemoved(logger, stored.Key);
        }
    }

    private async Task<HashSet<string>> ReferredToAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        var files = await database.Templates.AsNoTracking().Where(template => template.DeletedAt == null).Select(template => template.Files).ToListAsync(cancellationToken);
        var plans = await database.Executions.AsNoTracking()
            .Where(execution => execution.Status == RunStatus.Pending || execution.Status == RunStatus.Running)
            .Select(execution => execution.Plan).ToListAsync(cancellationToken);
        // A playing instance keeps to the files that its template had when it was started.
        var instances = await database.Instances.AsNoTracking()
            .Where(instance => instance.DeletedAt == null && instance.Status == RunStatus.Running && instance.Plan != null)
            .Select(instance => instance.Plan!).ToListAsync(cancellationToken);
        var recordings = await database.ExecutionRecordings.AsNoTracking().Where(recording => recording.FileName != null)
            .Select(recording => new { recording.ExecutionId, recording.FileName }).ToListAsync(cancellationToken);
        return
        [
            .. recordings.Select(recording => ExecutionRecording.KeyOf(recording.ExecutionId, recording.FileName!)),
            .. files.SelectMany(list => list).Select(file => file.ObjectKey),
            .. plans.SelectMany(plan => plan.Parts).Concat(instances).SelectMany(part => part.Files).Select(file => file.ObjectKey),
        ];
    }

    [LoggerMessage(431, LogLevel.Information, "Removed {Key}: nothing refers to it")]
    private static partial void LogRemoved(ILogger logger, string key);

    [LoggerMessage(432, LogLevel.Warning, "Looking for objects that nothing refers to failed; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
