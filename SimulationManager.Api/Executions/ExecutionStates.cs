using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using StackExchange.Redis;

namespace SimulationManager.Api.Executions;

/// <summary>
/// How runs stand. A run that goes on is read from Redis, in one round trip; all else is decided by PostgreSQL, whose word is
/// final once a run has ended. What has been shown of a running execution never goes back, through whichever process of the API it is
/// read: Redis keeps the furthest state, and the run's coordinator has it when Redis has lost it.
/// </summary>
public sealed partial class ExecutionStates(
    LiveExecutionStore live, RobotDbContext database, WorkerConnection worker, IMemoryCache shown, TimeProvider time, ILogger<ExecutionStates> logger)
{
    private static readonly Func<RobotDbContext, long, IAsyncEnumerable<StoredRow>> s_stored = EF.CompileAsyncQuery(
        (RobotDbContext database, long id) => database.Executions
            .Where(execution => execution.Id == id)
            .Select(LiveExecution.Projection)
            .SelectMany(
                run => database.ExecutionParts.Where(part => part.ExecutionId == run.ExecutionId).Select(LivePart.Projection),
                (run, part) => new StoredRow { Run = run, Part = part })
            .OrderBy(row => row.Part.Number).AsQueryable());

    /// <summary>A worker reports at least once a second: an older state may be one that a dead worker left behind.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);

    /// <summary>A coordinator that has just been lost with its silo takes some seconds to come back elsewhere: readers do not wait for that.</summary>
    private static readonly TimeSpan AskedWithin = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    /// <summary>The running execution of a simulation, when Redis alone can tell; else null.</summary>
    public async Task<LiveExecution?> FindRunningAsync(long simulationId) => KeepFreshRunning(await TryReadAsync(() => live.ReadLatestAsync(simulationId)));

    /// <summary>The state of an execution; null when there is none.</summary>
    public async Task<LiveExecution?> FindAsync(long executionId, CancellationToken cancellationToken)
    {
        var state = await TryReadAsync(() => live.ReadAsync(executionId));
        if (KeepFreshRunning(state) is { } running) return running;
        return StoredRow.Join(await s_stored(database, executionId).ToListAsync(cancellationToken)) is [var stored] ? await MergeAsync(stored, state) : null;
    }

    /// <summary>The state of a row that was read, completed with what Redis knows of it.</summary>
    public Task<LiveExecution> OfRowAsync(Execution row) => OfStoredAsync(FromRow(row));

    /// <summary>What was read of a row, completed with what Redis knows of it.</summary>
    public async Task<LiveExecution> OfStoredAsync(LiveExecution stored) =>
        stored.Status.IsTerminal() ? stored : await MergeAsync(stored, await TryReadAsync(() => live.ReadAsync(stored.ExecutionId)));

    /// <summary>An ended row is the truth; of one that goes on, whichever state is furthest along.</summary>
    private async Task<LiveExecution> MergeAsync(LiveExecution stored, LiveExecution? state)
    {
        if (stored.Status.IsTerminal()) return stored;
        var ahead = Further(stored, state);
        if (IsFresh(state)) return NeverBack(ahead);
        ahead = Further(ahead, await TryAskAsync(stored.ExecutionId));
        // To Redis first, then to the client: no other process shows less after that.
        return NeverBack(Further(ahead, await TryReadAsync(() => live.WriteAsync(ahead))));
    }

    /// <summary>An end counts only once it is in PostgreSQL.</summary>
    private static LiveExecution Further(LiveExecution state, LiveExecution? other) =>
        other is not null && !other.Status.IsTerminal() && other.OverallProgress >= state.OverallProgress ? other : state;

    private LiveExecution? KeepFreshRunning(LiveExecution? state) => state is { Status: RunStatus.Running } && IsFresh(state) ? NeverBack(state) : null;

    private bool IsFresh(LiveExecution? state) => state is not null && time.GetUtcNow() - state.LastUpdated < Fresh;

    /// <summary>The state as the run's coordinator has it; null when it does not answer soon.</summary>
    private async Task<LiveExecution?> TryAskAsync(long executionId)
    {
        if (!worker.IsConnected) return null;
        try
        {
            return await worker.Execution(executionId).GetState().WaitAsync(AskedWithin, time);
        }
        catch (Exception exception)
        {
            // The row is older, and still an answer.
            LogNotAsked(logger, exception, executionId);
            return null;
        }
    }

    private LiveExecution NeverBack(LiveExecution state)
    {
        var key = (nameof(ExecutionStates), state.ExecutionId);
        if (shown.TryGetValue(key, out LiveExecution? before) && before!.OverallProgress > state.OverallProgress) return before;
        shown.Set(key, state, Remembered);
        return state;
    }

    private async Task<LiveExecution?> TryReadAsync(Func<Task<LiveExecution?>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogRedisAway(logger, exception);
            return null;
        }
    }

    /// <summary>A row with its parts as the state that it is.</summary>
    internal static LiveExecution FromRow(Execution row) => LiveExecution.Of(row, row.Parts.OrderBy(part => part.Number));

    [LoggerMessage(501, LogLevel.Debug, "Redis is away: the state is read from PostgreSQL")]
    private static partial void LogRedisAway(ILogger logger, Exception exception);

    [LoggerMessage(502, LogLevel.Warning, "The coordinator of execution {ExecutionId} did not answer: its state is PostgreSQL's")]
    private static partial void LogNotAsked(ILogger logger, Exception exception, long executionId);
}
