using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Listening;

namespace SimulationManager.Worker.Executions;

/// <summary>The coordinator of one execution as a grain, with its commands and its live state.</summary>
[Reentrant]
public sealed class ExecutionGrain(
    RunStore store, SiloDirectory silos, LiveExecutionStore live, LiveEventLog events, RunListeners listeners, IOptions<RunOptions> options, TimeProvider time, ILogger<ExecutionGrain> logger)
    : RunGrain(RunKind.Execution, store, silos, options.Value.Rebalance, time, logger), IExecutionGrain, IExecutionCoordinator
{
    private LivePublisher? _publisher;
    private RunListener? _listener;

    public Task Start() => Activation.CoordinatorAsync();

    public async Task<RunStatus?> Command(RunCommand command, long seen)
    {
        command.Validate();
        var coordinator = await Activation.CoordinatorAsync();
        if (!await coordinator.CommandAsync(command, seen)) return null;
        if (command is RunCommand.Stop)
        {
            await Activation.Ended;
            return coordinator.State.Status;
        }
        // A command that ends the run, such as a seek behind the end of the bag, was taken all the same.
        var status = coordinator.State.Status;
        // Whoever reads the status after the answer sees what was asked.
        if (_publisher is { } publisher) await publisher.PublishAsync();
        return status;
    }

    public async Task<LiveExecution> GetState() => WithListening((await Activation.CoordinatorAsync()).View());

    public async Task<IReadOnlyList<string>?> GetSilos()
    {
        var state = (await Activation.CoordinatorAsync()).State;
        return state.Status.IsTerminal() ? null : [.. state.Parts.SelectMany(part => part.Cohorts).Select(cohort => cohort.Silo).Distinct()];
    }

    private protected override async Task AccompanyAsync(RunCoordinator coordinator, CancellationToken ended)
    {
        // Before any silo is asked to play: subscriptions are made while agents are being made ready.
        _listener = listeners.Open(coordinator.State.Key.Id, coordinator.State.SimulationId, coordinator.State.Plan.Listen);
        _publisher = new LivePublisher(coordinator, WithListening, live, events, store, Time, logger);
        try
        {
            await _publisher.RunAsync(ended);
        }
        finally
        {
            _listener?.End(isOver: coordinator.State.Status.IsTerminal());
        }
    }

    private LiveExecution WithListening(LiveExecution state) => _listener is { } listener && !state.Status.IsTerminal() ? state with { Listening = listener.Status } : state;
}
