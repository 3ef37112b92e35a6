using System.Diagnostics;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Executions;

/// <summary>The coordinator of one execution as a grain: takes commands and reports for a <see cref="RunCoordinator"/> and keeps it going.</summary>
[Reentrant]
public sealed partial class ExecutionGrain(
    RunStore store, SiloDirectory silos, LiveExecutionStore live, LiveEventLog events, IOptions<RunOptions> options, TimeProvider time, ILogger<ExecutionGrain> logger)
    : Grain, IExecutionGrain, IExecutionCoordinator, IDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _leaving = new();
    private Task<RunCoordinator>? _loading;
    private Task _running = Task.CompletedTask;
    private LivePublisher? _publisher;

    private long Id => this.GetPrimaryKeyLong();

    public Task Start() => CoordinatorAsync();

    public async Task<RunStatus> Stop()
    {
        var coordinator = await CoordinatorAsync();
        await coordinator.CommandAsync(new RunCommand.Stop());
        await _running.WaitAsync(StopWithin, time);
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

    public async Task<Directive> Report(CohortReport report) => (await CoordinatorAsync()).Report(report);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _leaving.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    public void Dispose() => _leaving.Dispose();

    private async Task<RunStatus> CommandAsync(RunCommand command)
    {
        var coordinator = await CoordinatorAsync();
        await coordinator.CommandAsync(command);
        // Whoever reads the status after the answer sees what was asked.
        if (_publisher is { } publisher) await publisher.PublishAsync();
        return coordinator.State.Status;
    }

    /// <summary>The coordinator, at work unless the run has ended.</summary>
    private async Task<RunCoordinator> CoordinatorAsync()
    {
        // Calls that come in while it loads share the one load; a failed one is tried again.
        if (_loading is null or { IsFaulted: true } or { IsCanceled: true }) _loading = LoadAsync();
        return await _loading;
    }

    private async Task<RunCoordinator> LoadAsync()
    {
        if (_leaving.IsCancellationRequested) throw new OrleansException($"The coordinator of execution {Id} is moving to another silo.");
        var state = await store.LoadAsync(Id, _leaving.Token) ?? throw new KeyNotFoundException($"There is no execution {Id}.");
        var coordinator = new RunCoordinator(state, store, silos, options.Value.Rebalance, time, logger);
        if (!state.Status.IsTerminal()) _running = RunAsync(coordinator);
        return coordinator;
    }

    private async Task RunAsync(RunCoordinator coordinator)
    {
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        // Whoever activated this grain, the run belongs to the request that started it.
        using var activity = WorkerTelemetry.Activities.StartActivity("execution", ActivityKind.Internal, coordinator.State.TraceParent);
        activity?.SetTag("execution.id", Id).SetTag("simulation.id", coordinator.State.SimulationId);
        RequestContext.Clear();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_leaving.Token);
        _publisher = new LivePublisher(coordinator, live, events, store, time, logger);
        var publishing = _publisher.RunAsync(ended.Token);
        try
        {
            await coordinator.RunAsync(_leaving.Token);
            activity?.SetTag("execution.status", coordinator.State.Status.ToString());
            LogEnded(logger, Id, coordinator.State.Status);
            DelayDeactivation(TimeSpan.FromMinutes(1));
        }
        catch (Exception exception) when (exception is CoordinatorReplacedException || _leaving.IsCancellationRequested)
        {
            // The next call activates the grain anew, here or on another silo, from the persisted state.
            if (exception is CoordinatorReplacedException) LogReplaced(logger, Id);
            await _leaving.CancelAsync();
            _loading = null;
            DeactivateOnIdle();
        }
        finally
        {
            coordinator.Dispose();
            await ended.CancelAsync();
            await publishing;
        }
    }

    [LoggerMessage(452, LogLevel.Information, "Execution {Execution} has ended: {Status}")]
    private static partial void LogEnded(ILogger logger, long execution, RunStatus status);

    [LoggerMessage(453, LogLevel.Warning, "Another coordinator has persisted a change of execution {Execution}; this one ends")]
    private static partial void LogReplaced(ILogger logger, long execution);
}
