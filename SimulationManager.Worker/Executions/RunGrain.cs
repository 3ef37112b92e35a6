using System.Diagnostics;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Executions;

/// <summary>The coordinator of one run as a grain: takes commands and reports for a <see cref="RunCoordinator"/> and keeps it going.</summary>
public abstract partial class RunGrain(
    RunKind kind, IRunStore store, SiloDirectory silos, RebalancePolicy rebalance, TimeProvider time, ILogger logger) : Grain, IRunGrain, IDisposable
{
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _leaving = new();
    private Task<RunCoordinator>? _loading;
    private Task _running = Task.CompletedTask;

    private protected long Id => this.GetPrimaryKeyLong();

    private protected TimeProvider Time => time;

    /// <summary>Completes once the run has ended, or goes on elsewhere.</summary>
    private protected Task Ended => _running.WaitAsync(EndWithin, time);

    public Task Activate() => CurrentAsync();

    public async Task<Directive> Report(CohortReport report) => (await CoordinatorAsync()).Report(report);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _leaving.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _leaving.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Accompanies a coordinator at work.</summary>
    /// <param name="coordinator">The coordinator.</param>
    /// <param name="ended">Cancelled once it has ended.</param>
    private protected abstract Task AccompanyAsync(RunCoordinator coordinator, CancellationToken ended);

    /// <summary>The coordinator, at work unless the run has ended.</summary>
    private protected Task<RunCoordinator> CoordinatorAsync()
    {
        // Calls that come in while it loads share the one load; a failed one is tried again.
        if (_loading is null or { IsFaulted: true } or { IsCanceled: true }) _loading = LoadAsync();
        return _loading;
    }

    /// <summary>The coordinator of the run as it is now, also when the run has ended and has been begun anew since.</summary>
    private protected async Task<RunCoordinator> CurrentAsync()
    {
        var loading = CoordinatorAsync();
        if (await loading is { State.Status: var status } coordinator && !status.IsTerminal()) return coordinator;
        await Ended;
        if (_loading == loading) _loading = null;
        return await CoordinatorAsync();
    }

    private async Task<RunCoordinator> LoadAsync()
    {
        var key = new RunKey(kind, Id);
        if (_leaving.IsCancellationRequested) throw new OrleansException($"The coordinator of {key} is moving to another silo.");
        var state = await store.LoadAsync(Id, _leaving.Token) ?? throw new KeyNotFoundException($"There is no {key}.");
        var coordinator = new RunCoordinator(state, store, silos, rebalance, time, logger);
        if (!state.Status.IsTerminal()) _running = RunAsync(coordinator);
        return coordinator;
    }

    private async Task RunAsync(RunCoordinator coordinator)
    {
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        // Whoever activated this grain, the run belongs to the request that started it.
        var name = kind.ToString().ToLowerInvariant();
        using var activity = WorkerTelemetry.Activities.StartActivity(name, ActivityKind.Internal, coordinator.State.TraceParent);
        activity?.SetTag($"{name}.id", Id).SetTag("simulation.id", coordinator.State.SimulationId);
        RequestContext.Clear();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_leaving.Token);
        var accompanying = AccompanyAsync(coordinator, ended.Token);
        try
        {
            await coordinator.RunAsync(_leaving.Token);
            activity?.SetTag($"{name}.status", coordinator.State.Status.ToString());
            LogEnded(logger, coordinator.State.Key, coordinator.State.Status);
            DelayDeactivation(TimeSpan.FromMinutes(1));
        }
        catch (Exception exception) when (exception is CoordinatorReplacedException || _leaving.IsCancellationRequested)
        {
            // The next call activates the grain anew, here or on another silo, from the persisted state.
            if (exception is CoordinatorReplacedException) LogReplaced(logger, coordinator.State.Key);
            await _leaving.CancelAsync();
            _loading = null;
            DeactivateOnIdle();
        }
        finally
        {
            coordinator.Dispose();
            await ended.CancelAsync();
            await accompanying;
        }
    }

    [LoggerMessage(452, LogLevel.Information, "{Run} has ended: {Status}")]
    private static partial void LogEnded(ILogger logger, RunKey run, RunStatus status);

    [LoggerMessage(453, LogLevel.Warning, "Another coordinator has persisted a change of {Run}; this one ends")]
    private static partial void LogReplaced(ILogger logger, RunKey run);
}
