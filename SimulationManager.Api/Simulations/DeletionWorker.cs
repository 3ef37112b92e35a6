using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Polly;
using Polly.Timeout;
using SimulationManager.Api.Hosting;
using SimulationManager.Api.Instances;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Simulations;

/// <summary>
/// Carries deletions out. What is to be done is in the database: another process, or this one after a restart, goes on where
/// it was left. Every step may be done twice.
/// </summary>
public sealed partial class DeletionWorker(
    IServiceScopeFactory scopes, Preparation preparation, DeletionSignal signal, LiveExecutionStore live, BundleStore store, TimeProvider time, ILogger<DeletionWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>Live state dies by itself within an hour: a Redis that stays away does not keep a simulation half deleted.</summary>
    private static readonly TimeSpan RedisPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    private static readonly Expression<Func<SimulationDeletion, bool>> IsPending =
        deletion => deletion.Status == DeletionStatus.Pending || deletion.Status == DeletionStatus.Running;

    private readonly ResiliencePipeline _whileRedisIsAway = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddTimeout(RedisPatience)
        .AddPipeline(Retry.WhileUnavailable(RetryInterval, time, exception => LogRedisAway(logger, exception)))
        .Build();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await preparation.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await DeleteAllAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, exception);
            }

            await signal.WaitAsync(LookInterval, stoppingToken);
        }
    }

    private async Task DeleteAllAsync(CancellationToken cancellationToken)
    {
        foreach (var simulation in await ListPendingAsync(cancellationToken))
        {
            try
            {
                await DeleteAsync(simulation, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The others must not wait for this one.
                LogDeletionFailed(logger, exception, simulation);
            }
        }
    }

    private async Task<List<long>> ListPendingAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<RobotDbContext>().SimulationDeletions
            .Where(IsPending)
            .OrderBy(deletion => deletion.StartedAt).Select(deletion => deletion.SimulationId).ToListAsync(cancellationToken);
    }

    private async Task DeleteAsync(long simulation, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        // Another process may have finished it since it was listed.
        var deletion = await database.SimulationDeletions.Where(IsPending).SingleOrDefaultAsync(row => row.SimulationId == simulation, cancellationToken);
        if (deletion is null) return;
        using var activity = ApiTelemetry.Activities.StartActivity("delete simulation");
        activity?.SetTag("simulation.id", deletion.SimulationId);
        deletion.Status = DeletionStatus.Running;
        deletion.NamespaceStep = DeletionStatus.Running;
        await database.SaveChangesAsync(cancellationToken);
        await scope.ServiceProvider.GetRequiredService<InstanceService>().RemoveAllAsync(deletion.SimulationId, cancellationToken);
        (deletion.NamespaceStep, deletion.RedisStep) = (DeletionStatus.Completed, DeletionStatus.Running);
        await database.SaveChangesAsync(cancellationToken);
        deletion.RedisStep = await ForgetLiveStateAsync(deletion, cancellationToken);
        deletion.DatabaseStep = DeletionStatus.Running;
        await database.SaveChangesAsync(cancellationToken);
        await RemoveRecordingsAsync(database, deletion.SimulationId, cancellationToken);
        await database.InTransactionAsync(token => FinishAsync(database, deletion, token), cancellationToken);
        LogDeleted(logger, deletion.SimulationId);
    }

    /// <summary>The runs' reports keep what they counted; the files go.</summary>
    private async Task RemoveRecordingsAsync(RobotDbContext database, long simulationId, CancellationToken cancellationToken)
    {
        var recorded = database.ExecutionRecordings.Where(recording => recording.FileName != null && database.Executions.Any(execution => execution.Id == recording.ExecutionId && execution.SimulationId == simulationId));
        foreach (var file in await recorded.Select(recording => new { recording.Id, recording.ExecutionId, recording.FileName }).ToListAsync(cancellationToken))
        {
            await store.RemoveAsync(ExecutionRecording.KeyOf(file.ExecutionId, file.FileName!), cancellationToken);
            await database.ExecutionRecordings.Where(recording => recording.Id == file.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(recording => recording.FileName, (string?)null).SetProperty(recording => recording.Size, 0), cancellationToken);
        }
    }

    private async Task<DeletionStatus> ForgetLiveStateAsync(SimulationDeletion deletion, CancellationToken cancellationToken)
    {
        try
        {
            await _whileRedisIsAway.ExecuteAsync(async _ => await live.RemoveLatestAsync(deletion.SimulationId), cancellationToken);
            return DeletionStatus.Completed;
        }
        catch (TimeoutRejectedException)
        {
            deletion.ErrorMessage = "Redis did not answer; the live state that is left there goes by itself within an hour.";
            return DeletionStatus.Failed;
        }
    }

    private async Task<int> FinishAsync(RobotDbContext database, SimulationDeletion deletion, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await database.Simulations.Where(simulation => simulation.Id == deletion.SimulationId && simulation.Status == SimulationStatus.Deleting)
            .ExecuteUpdateAsync(
                set => set.SetProperty(simulation => simulation.Status, SimulationStatus.Deleted)
                    .SetProperty(simulation => simulation.DeletedAt, now)
                    .SetProperty(simulation => simulation.UpdatedAt, now),
                cancellationToken);
        return await database.SimulationDeletions.Where(row => row.SimulationId == deletion.SimulationId).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Status, DeletionStatus.Completed)
                .SetProperty(row => row.RedisStep, deletion.RedisStep)
                .SetProperty(row => row.DatabaseStep, DeletionStatus.Completed)
                .SetProperty(row => row.NamespaceStep, DeletionStatus.Completed)
                .SetProperty(row => row.ErrorMessage, deletion.ErrorMessage)
                .SetProperty(row => row.CompletedAt, now),
            cancellationToken);
    }

    [LoggerMessage(521, LogLevel.Information, "Simulation {SimulationId} is deleted")]
    private static partial void LogDeleted(ILogger logger, long simulationId);

    [LoggerMessage(522, LogLevel.Warning, "Looking for simulations to delete failed; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(524, LogLevel.Debug, "Redis is away: live state is removed when it is back")]
    private static partial void LogRedisAway(ILogger logger, Exception exception);

    [LoggerMessage(523, LogLevel.Warning, "The deletion of simulation {SimulationId} failed; it is tried again")]
    private static partial void LogDeletionFailed(ILogger logger, Exception exception, long simulationId);
}
