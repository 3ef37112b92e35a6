using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using StackExchange.Redis;

namespace SimulationManager.Api.Executions;

/// <summary>
/// How runs stand. A run that goes on is read from Redis, in one round trip; all else is decided by PostgreSQL, whose word is
/// final once a run has ended. What has been shown of a running execution never goes back, also when Redis is lost meanwhile.
/// </summary>
public sealed partial class ExecutionStates(
    LiveExecutionStore live, RobotDbContext database, IMemoryCache shown, TimeProvider time, ILogger<ExecutionStates> logger)
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

    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    /// <summary>The running execution of a simulation, when Redis alone can tell; else null.</summary>
    public async Task<LiveExecution?> FindRunningAsync(long simulationId) => KeepFreshRunning(await TryReadAsync(() => live.ReadLatestAsync(simulationId)));

    /// <summary>The state of an execution; null when there is none.</summary>
    public async Task<LiveExecution?> FindAsync(long executionId, CancellationToken cancellationToken)
    {
        var state = await TryReadAsync(() => live.ReadAsync(executionId));
        if (KeepFreshRunning(state) is { } running) return running;
        return StoredRow.Join(await s_stored(database, executionId).ToListAsync(cancellationToken)) is [var stored] ? Merge(stored, state) : null;
    }

    /// <summary>The state of a row that was read, completed with what Redis knows of it.</summary>
    public Task<LiveExecution> OfRowAsync(Execution row) => OfStoredAsync(FromRow(row));

    /// <summary>What was read of a row, completed with what Redis knows of it.</summary>
    public async Task<LiveExecution> OfStoredAsync(LiveExecution stored) =>
        Merge(stored, stored.Status.IsTerminal() ? null : await TryReadAsync(() => live.ReadAsync(stored.ExecutionId)));

    /// <summary>An ended row is the truth; of one that goes on, whichever is further along.</summary>
    private LiveExecution Merge(LiveExecution stored, LiveExecution? state)
    {
        if (stored.Status.IsTerminal()) return stored;
        var ahead = state is not null && state.ExecutionId == stored.ExecutionId && !state.Status.IsTerminal() && state.OverallProgress >= stored.OverallProgress
            ? state
            : stored;
        return NeverBack(ahead);
    }

    private LiveExecution? KeepFreshRunning(LiveExecution? state) =>
        state is { Status: RunStatus.Running } && time.GetUtcNow() - state.LastUpdated < Fresh ? NeverBack(state) : null;

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
}
