using System.Diagnostics;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Writes a running execution to Redis, at most four times a second, and every few seconds to PostgreSQL. Neither being away
/// stops the run.
/// </summary>
internal sealed partial class LivePublisher(
    RunContext context, ExecutionRun run, LiveExecutionStore live, LiveEventLog events, ExecutionStore store, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RedisWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private bool _redisAway;

    /// <summary>What the last events led to, and when.</summary>
    private (LiveExecution? State, long At) _told;

    public async Task RunAsync(CancellationToken ended)
    {
        // Four spans a second would bury the execution's trace.
        Activity.Current = null;
        await RestoreProgressAsync();
        var savedAt = context.Timestamp;
        while (!ended.IsCancellationRequested)
        {
            await PublishAsync();
            if (context.Since(savedAt) >= SaveInterval)
            {
                savedAt = context.Timestamp;
                await SaveAsync(ended);
            }
            await Task.Delay(Interval, context.Time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        if (context.IsEndOnRecord) await PublishAsync();
    }

    /// <summary>What was shown must not go back: Redis is fresher than the row that this activation started from.</summary>
    private async Task RestoreProgressAsync()
    {
        if (await TryRedisAsync(() => live.ReadAsync(context.Execution.Id)) is not { } shown) return;
        // Another database's execution of the same number, left in a Redis that outlived it.
        if ((shown.CreatedAt - context.Execution.CreatedAt).Duration() > TimeSpan.FromMilliseconds(1)) return;
        _told = (shown, context.Timestamp);
        CatchUpWith(shown);
    }

    /// <summary>Raises this coordinator's progress to what was shown.</summary>
    private void CatchUpWith(LiveExecution shown)
    {
        context.Execution.OverallProgress = Math.Max(context.Execution.OverallProgress, shown.OverallProgress);
        foreach (var part in run.Parts)
        {
            if (shown.Parts.FirstOrDefault(other => other.Number == part.Number) is { } seen) part.Progress = Math.Max(part.Progress, seen.Progress);
        }
    }

    private async Task PublishAsync()
    {
        if (!context.Execution.Status.IsTerminal())
        {
            run.Refresh();
            context.Execution.LastUpdated = context.Now;
        }
        else if (!context.IsEndOnRecord)
        {
            // Nobody is told of the execution's end before PostgreSQL has taken it: it may refuse.
            return;
        }
        var state = LiveExecution.Of(context.Execution, run.Parts);
        if (await TryRedisAsync(() => live.WriteAsync(state)) is { } shown) CatchUpWith(shown);
        await TellAsync(state);
    }

    /// <summary>What began or ended is told at once, how far it has come once a second.</summary>
    private async Task TellAsync(LiveExecution state)
    {
        var before = _told.State;
        var ended = context.TakeEnded();
        if (ended.Count == 0 && !LiveEvents.IsTransition(before, state) && context.Since(_told.At) < ProgressInterval) return;
        _told = (state, context.Timestamp);
        await TryRedisAsync(async () =>
        {
            await events.PublishAsync(
            [
                .. LiveEvents.InstancesStarted(before, state, context.Execution.Plan),
                .. ended.Select(instance => LiveEvents.InstanceEnded(state, instance, context.Now)),
                .. LiveEvents.Between(before, state),
            ]);
            return state;
        });
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.SaveProgressAsync(context.Execution, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogSaveFailed(logger, exception, context.Execution.Id);
        }
        catch (Exception exception) when (exception is OperationCanceledException or Npgsql.NpgsqlException)
        {
            // The run has ended meanwhile and writes its last state itself.
        }
    }

    private async Task<LiveExecution?> TryRedisAsync(Func<Task<LiveExecution?>> use)
    {
        try
        {
            var result = await use().WaitAsync(RedisWithin, context.Time);
            _redisAway = false;
            return result;
        }
        catch (Exception exception)
        {
            if (!_redisAway) LogRedisAway(logger, exception, context.Execution.Id);
            _redisAway = true;
            return null;
        }
    }

    [LoggerMessage(461, LogLevel.Warning, "Redis does not take the live state of execution {Execution}; the run goes on, readers see PostgreSQL's")]
    private static partial void LogRedisAway(ILogger logger, Exception exception, long execution);

    [LoggerMessage(462, LogLevel.Warning, "The progress of execution {Execution} was not saved; it is tried again in a few seconds")]
    private static partial void LogSaveFailed(ILogger logger, Exception exception, long execution);
}
