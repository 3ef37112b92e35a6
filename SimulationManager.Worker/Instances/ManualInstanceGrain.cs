using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Executions;
using StackExchange.Redis;

namespace SimulationManager.Worker.Instances;

/// <summary>The coordinator of one agent that a person added by hand as a grain, with its commands.</summary>
[Reentrant]
public sealed partial class ManualInstanceGrain(InstanceRunStore store, SiloDirectory silos, LiveEventLog events, TimeProvider time, ILogger<ManualInstanceGrain> logger)
    : RunGrain(RunKind.Instance, store, silos, RebalancePolicy.OnRequest, time, logger), IManualInstanceGrain, IInstanceCoordinator
{
    /// <summary>How long a start waits for a bundle that has to be fetched first; the agent begins when it is there.</summary>
    private static readonly TimeSpan BeginWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RedisWithin = TimeSpan.FromSeconds(2);

    /// <summary>One command after another: a start begins a run anew only once the one before has ended.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    public async Task<bool> Start(long seen)
    {
        using var turn = await Turn.TakeAsync(_turn);
        var begun = await store.BeginAsync(Id, seen, CancellationToken.None);
        if (begun is null) return false;
        // The coordinator of the run before may not know yet that its end is persisted.
        if (begun.Value) await Activation.Ended;
        var coordinator = await Activation.CurrentAsync();
        if (!begun.Value && !await GoOnAsync(coordinator, seen)) return false;
        await Task.WhenAny(coordinator.Begun, Activation.Ended, Task.Delay(BeginWithin, Time));
        return true;
    }

    public async Task<bool> Stop(long seen)
    {
        using var turn = await Turn.TakeAsync(_turn);
        if (!await (await Activation.CurrentAsync()).CommandAsync(new RunCommand.Stop(), seen)) return false;
        await Activation.Ended;
        return true;
    }

    /// <summary>Lets an agent that plays already go on. That changes nothing but is a command, so that a stop that was given before is refused from now on.</summary>
    /// <returns>False: another command was persisted since the caller read the row, or a stop whose end has been waited for now.</returns>
    private async Task<bool> GoOnAsync(RunCoordinator coordinator, long seen)
    {
        if (!coordinator.State.Desired.Stop) return await coordinator.CommandAsync(new RunCommand.Resume(), seen);
        await Activation.Ended;
        return false;
    }

    /// <summary>Publishes that the agent has ended by itself; what was commanded the API publishes.</summary>
    private protected override async Task AccompanyAsync(RunCoordinator coordinator, CancellationToken ended)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, Time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (coordinator.State is not { Status: RunStatus.Completed or RunStatus.Failed } state) return;
        var error = state.Parts[0].Error;
        if (state.Status == RunStatus.Failed) LogFailed(logger, Id, error);
        try
        {
            await events.PublishAsync([LiveEvents.OfManualInstance(state.SimulationId, Id, state.Status, error, Time.GetUtcNow())]).WaitAsync(RedisWithin, Time, CancellationToken.None);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogNotPublished(logger, exception, Id);
        }
    }

    [LoggerMessage(485, LogLevel.Warning, "Manual instance {Instance} failed: {Error}")]
    private static partial void LogFailed(ILogger logger, long instance, string? error);

    [LoggerMessage(487, LogLevel.Warning, "Redis is away: the end of manual instance {Instance} was not published")]
    private static partial void LogNotPublished(ILogger logger, Exception exception, long instance);
}
