using System.Diagnostics;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Writes a running execution to Redis, at most four times a second, and every few seconds to PostgreSQL. Neither being away
/// stops the run.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="shownAs">Adds what the coordinator does not know.</param>
/// <param name="live">Redis.</param>
/// <param name="events">The events in Redis.</param>
/// <param name="store">PostgreSQL.</param>
/// <param name="time">Time.</param>
/// <param name="logger">Logs what is away.</param>
internal sealed partial class LivePublisher(
    RunCoordinator run, Func<LiveExecution, LiveExecution> shownAs, LiveExecutionStore live, LiveEventLog events, RunStore store, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RedisWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private bool _redisAway;

    /// <summary>What the last events led to, and when.</summary>
    private (LiveExecution? State, long At) _published;

    public async Task RunAsync(CancellationToken ended)
    {
        // Four spans a second would bury the execution's trace.
        Activity.Current = null;
        await RestoreProgressAsync();
        var savedAt = time.GetTimestamp();
        while (!ended.IsCancellationRequested)
        {
            await PublishAsync();
            if (time.GetElapsedTime(savedAt) >= SaveInterval)
            {
                savedAt = time.GetTimestamp();
                await SaveAsync(ended);
            }
            await Task.Delay(Interval, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        if (run.State.Status.IsTerminal()) await PublishAsync();
    }

    /// <summary>Writes the run as it is now to Redis and publishes the events that have led there.</summary>
    public async Task PublishAsync()
    {
        var state = shownAs(run.View());
        if (await TryRedisAsync(() => live.WriteAsync(state)) is { } shown) run.Restore(shown);
        await PublishEventsAsync(state);
    }

    /// <summary>What was shown must not go back: Redis is fresher than the row that this coordinator started from.</summary>
    private async Task RestoreProgressAsync()
    {
        if (await TryRedisAsync(() => live.ReadAsync(run.State.Key.Id)) is not { } shown) return;
        // Another database's execution of the same number, left in a Redis that outlived it.
        if ((shown.CreatedAt - run.State.CreatedAt).Duration() > TimeSpan.FromMilliseconds(1)) return;
        _published = (shown, time.GetTimestamp());
        run.Restore(shown);
    }

    /// <summary>What began or ended is published at once, how far it has come once a second.</summary>
    private async Task PublishEventsAsync(LiveExecution state)
    {
        var before = _published.State;
        var ended = run.TakeEnded();
        if (ended.Count == 0 && !LiveEvents.IsTransition(before, state) && time.GetElapsedTime(_published.At) < ProgressInterval) return;
        _published = (state, time.GetTimestamp());
        await TryRedisAsync(async () =>
        {
            await events.PublishAsync(
            [
                .. LiveEvents.InstancesStarted(before, state, run.State.Plan),
                .. ended.Select(instance => LiveEvents.InstanceEnded(state, instance, time.GetUtcNow())),
                .. LiveEvents.Between(before, state),
            ]);
            return state;
        });
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.SaveProgressAsync(run.State.Version, run.View(), cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogSaveFailed(logger, exception, run.State.Key.Id);
        }
        catch (Exception exception) when (exception is OperationCanceledException or Npgsql.NpgsqlException)
        {
            // The run has ended meanwhile and has saved its last state itself.
        }
    }

    private async Task<LiveExecution?> TryRedisAsync(Func<Task<LiveExecution?>> use)
    {
        try
        {
            var result = await use().WaitAsync(RedisWithin, time);
            _redisAway = false;
            return result;
        }
        catch (Exception exception)
        {
            if (!_redisAway) LogRedisAway(logger, exception, run.State.Key.Id);
            _redisAway = true;
            return null;
        }
    }

    [LoggerMessage(461, LogLevel.Warning, "Redis does not take the live state of execution {Execution}; the run goes on, readers see PostgreSQL's")]
    private static partial void LogRedisAway(ILogger logger, Exception exception, long execution);

    [LoggerMessage(462, LogLevel.Warning, "The progress of execution {Execution} was not saved; it is tried again in a few seconds")]
    private static partial void LogSaveFailed(ILogger logger, Exception exception, long execution);
}
