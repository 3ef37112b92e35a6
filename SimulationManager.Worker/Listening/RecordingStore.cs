using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Worker.Listening;

/// <summary>Puts recordings into object storage and their rows into PostgreSQL, again and again while one is away.</summary>
public sealed partial class RecordingStore(
    BundleStore objects, IServiceScopeFactory scopes, IOptions<ListeningOptions> options, TimeProvider time, ILogger<RecordingStore> logger)
{
    private const string ContentType = "application/octet-stream";
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that a run has stored.</summary>
    public Task<long> SizeOfAsync(long executionId, CancellationToken cancellationToken) => scopes.UseAsync(database =>
        database.ExecutionRecordings.Where(recording => recording.ExecutionId == executionId).SumAsync(recording => recording.Size, cancellationToken));

    /// <summary>Stores a recording. What cannot be stored in time is told in its row, as far as that can be written.</summary>
    /// <param name="recording">The row.</param>
    /// <param name="path">The file; null: it has none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SaveAsync(ExecutionRecording recording, string? path, CancellationToken cancellationToken)
    {
        if (path is not null && !await TryAsync(recording, () => PutAsync(recording, path, cancellationToken), cancellationToken)) GiveUp(recording);
        await TryAsync(recording, () => AddAsync(recording, cancellationToken), cancellationToken);
    }

    private async Task PutAsync(ExecutionRecording recording, string path, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(path);
        await objects.PutAsync(ExecutionRecording.KeyOf(recording.ExecutionId, recording.FileName!), content, content.Length, ContentType, cancellationToken);
    }

    private async Task AddAsync(ExecutionRecording recording, CancellationToken cancellationToken)
    {
        var isKept = await scopes.InTransactionAsync(
            async database =>
            {
                // Locked, so that whoever deletes the simulation sees the row, or is seen here.
                var simulations = await database.Simulations
                    .FromSql($"SELECT s.* FROM simulations s JOIN executions e ON e.simulation_id = s.id WHERE e.id = {recording.ExecutionId} FOR SHARE OF s")
                    .AsNoTracking().ToListAsync(cancellationToken);
                if (simulations is not [{ DeletedAt: null, Status: not SimulationStatus.Deleting }]) return false;
                // The commit of an earlier attempt, whose answer was lost.
                if (await database.ExecutionRecordings.AnyAsync(other => other.ExecutionId == recording.ExecutionId && other.Kind == recording.Kind && other.Silo == recording.Silo && other.Listener == recording.Listener && other.To == recording.To, cancellationToken)) return true;
                database.Add(recording);
                await database.SaveChangesAsync(cancellationToken);
                return true;
            },
            cancellationToken);
        if (!isKept && recording.FileName is { } name) await objects.RemoveAsync(ExecutionRecording.KeyOf(recording.ExecutionId, name), cancellationToken);
    }

    private async Task<bool> TryAsync(ExecutionRecording recording, Func<Task> action, CancellationToken cancellationToken)
    {
        for (var started = time.GetTimestamp(); ;)
        {
            try
            {
                await action();
                return true;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                if (cancellationToken.IsCancellationRequested || time.GetElapsedTime(started) > options.Value.StoreWithin)
                {
                    LogGivenUp(logger, exception, recording.ExecutionId, recording.FileName);
                    return false;
                }
                LogRetry(logger, exception, recording.ExecutionId);
            }
            await Task.Delay(RetryInterval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void GiveUp(ExecutionRecording recording)
    {
        recording.FileName = null;
        recording.Size = 0;
        recording.Error = "a file could not be stored: object storage was away (the worker's log says why)";
        recording.Topics = [.. recording.Topics.Select(topic => topic with { Messages = 0, Bytes = 0, Missed = topic.Missed + topic.Messages, First = null, Last = null })];
    }

    [LoggerMessage(481, LogLevel.Warning, "A recording of execution {Execution} could not be stored; trying again")]
    private static partial void LogRetry(ILogger logger, Exception exception, long execution);

    [LoggerMessage(482, LogLevel.Error, "The recording {File} of execution {Execution} could not be stored and is lost")]
    private static partial void LogGivenUp(ILogger logger, Exception exception, long execution, string? file);
}
