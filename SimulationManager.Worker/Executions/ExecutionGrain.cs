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

    public Task Start() => Activation.CoordinatorAsync();

    public async Task<RunStatus?> Command(RunCommand command, long seen)
    {
        command.Validate();
        var coordinator = await Activation.CoordinatorAsync();
        if (!await coordinator.CommandAsync(command, seen)) return null;
        if (command is RunCommand.Stop) await Activation.Ended;
        // Whoever reads the status after the answer sees what was asked.
        else if (_publisher is { } publisher) await publisher.PublishAsync();
        return coordinator.State.Status;
    }

    public async Task<LiveExecution> GetState() => (await Activation.CoordinatorAsync()).View();

    public async Task<IReadOnlyList<string>?> GetSilos()
    {
        var state = (await Activation.CoordinatorAsync()).State;
        return state.Status.IsTerminal() ? null : [.. state.Parts.SelectMany(part => part.Cohorts).Select(cohort => cohort.Silo).Distinct()];
    }

    private protected override Task AccompanyAsync(RunCoordinator coordinator, CancellationToken ended)
    {
        _publisher = new LivePublisher(coordinator, live, events, store, Time, logger);
        return _publisher.RunAsync(ended);
    }
}
