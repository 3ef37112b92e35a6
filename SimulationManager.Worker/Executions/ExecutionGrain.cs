using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The coordinator of one execution as a grain, with its commands and its live state.</summary>
[Reentrant]
public sealed class ExecutionGrain(
    RunStore store, SiloDirectory silos, LiveExecutionStore live, LiveEventLog events, IOptions<RunOptions> options, TimeProvider time, ILogger<ExecutionGrain> logger)
    : RunGrain(RunKind.Execution, store, silos, options.Value.Rebalance, time, logger), IExecutionGrain, IExecutionCoordinator
{
    private LivePublisher? _publisher;

    public Task Start() => CoordinatorAsync();

    public async Task<RunStatus> Stop()
    {
        var askedAt = Time.GetTimestamp();
        var coordinator = await CoordinatorAsync();
        await coordinator.CommandAsync(new RunCommand.Stop(), askedAt);
        await Ended;
        return coordinator.State.Status;
    }

    public Task<RunStatus> Pause() => CommandAsync(new RunCommand.Pause());

    public Task<RunStatus> Resume() => CommandAsync(new RunCommand.Resume());

    public Task<RunStatus> Rebalance() => CommandAsync(new RunCommand.Rebalance());

    public Task<RunStatus> Seek(TimeSpan position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(position, TimeSpan.Zero);
        return CommandAsync(new RunCommand.Seek(position));
    }

    public Task<RunStatus> SetRate(double rate) => rate is >= PlaybackOptions.MinRate and <= PlaybackOptions.MaxRate
        ? CommandAsync(new RunCommand.SetRate(rate))
        : throw new ArgumentOutOfRangeException(nameof(rate), rate, $"The rate must be {PlaybackOptions.MinRate}–{PlaybackOptions.MaxRate}.");

    public async Task<LiveExecution> GetState() => (await CoordinatorAsync()).View();

    private protected override Task AccompanyAsync(RunCoordinator coordinator, CancellationToken ended)
    {
        _publisher = new LivePublisher(coordinator, live, events, store, Time, logger);
        return _publisher.RunAsync(ended);
    }

    private async Task<RunStatus> CommandAsync(RunCommand command)
    {
        var askedAt = Time.GetTimestamp();
        var coordinator = await CoordinatorAsync();
        await coordinator.CommandAsync(command, askedAt);
        // Whoever reads the status after the answer sees what was asked.
        if (_publisher is { } publisher) await publisher.PublishAsync();
        return coordinator.State.Status;
    }
}
