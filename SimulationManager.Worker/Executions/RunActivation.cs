using System.Diagnostics;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Executions;

/// <summary>What an activation of a coordinator lives in: a grain.</summary>
internal interface IActivationHost
{
    /// <summary>Accompanies a coordinator at work.</summary>
    /// <param name="coordinator">The coordinator.</param>
    /// <param name="ended">Cancelled once it has ended.</param>
    Task AccompanyAsync(RunCoordinator coordinator, CancellationToken ended);

    /// <summary>Keeps the activation, also when nobody calls it.</summary>
    void KeepFor(TimeSpan time);

    /// <summary>Lets the next call activate the run's coordinator anew, here or on another silo.</summary>
    void Deactivate();
}

/// <summary>An activation of a run's coordinator: loads it from the persisted state, keeps it going, and lets it go.</summary>
internal sealed partial class RunActivation(
    RunKey key, IRunStore store, ISilos silos, RebalancePolicy rebalance, IActivationHost host, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _leaving = new();
    private Task<RunCoordinator>? _loading;
    private Task _running = Task.CompletedTask;

    /// <summary>Completes once the run has ended, or goes on elsewhere.</summary>
    public Task Ended => _running.WaitAsync(EndWithin, time);

    /// <summary>The coordinator, at work unless the run has ended.</summary>
    /// <exception cref="KeyNotFoundException">There is no such run.</exception>
    /// <exception cref="OrleansException">The coordinator is moving to another silo.</exception>
    public Task<RunCoordinator> CoordinatorAsync()
    {
        // Calls that come in while it loads share the one load; a failed one is tried again.
        if (_loading is null or { IsFaulted: true } or { IsCanceled: true }) _loading = LoadAsync();
        return _loading;
    }

    /// <summary>The coordinator of the run as it is now, also when the run has ended and has been begun anew since.</summary>
    public async Task<RunCoordinator> CurrentAsync()
    {
        var loading = CoordinatorAsync();
        if (await loading is { State.Status: var status } coordinator && !status.IsTerminal()) return coordinator;
        await Ended;
        if (_loading == loading) _loading = null;
        return await CoordinatorAsync();
    }

    /// <summary>Ends the coordinator; the run goes on elsewhere.</summary>
    public Task LeaveAsync()
    {
        _leaving.Cancel();
        return _running;
    }

    public void Dispose() => _leaving.Dispose();

    private async Task<RunCoordinator> LoadAsync()
    {
        if (_leaving.IsCancellationRequested) throw new OrleansException($"The coordinator of {key} is moving to another silo.");
        var state = await store.LoadAsync(key.Id, _leaving.Token) ?? throw new KeyNotFoundException($"There is no {key}.");
        var coordinator = new RunCoordinator(state, store, silos, rebalance, time, logger);
        if (!state.Status.IsTerminal()) _running = RunAsync(coordinator);
        return coordinator;
    }

    private async Task RunAsync(RunCoordinator coordinator)
    {
        host.KeepFor(Timeout.InfiniteTimeSpan);
        // Whoever activated it, the run belongs to the request that started it.
        var name = key.Kind.ToString().ToLowerInvariant();
        using var activity = WorkerTelemetry.Activities.StartActivity(name, ActivityKind.Internal, coordinator.State.TraceParent);
        activity?.SetTag($"{name}.id", key.Id).SetTag("simulation.id", coordinator.State.SimulationId);
        RequestContext.Clear();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_leaving.Token);
        var accompanying = host.AccompanyAsync(coordinator, ended.Token);
        try
        {
            await coordinator.RunAsync(_leaving.Token);
            activity?.SetTag($"{name}.status", coordinator.State.Status.ToString());
            LogEnded(logger, key, coordinator.State.Status);
            host.KeepFor(TimeSpan.FromMinutes(1));
        }
        catch (Exception exception) when (exception is CoordinatorReplacedException || _leaving.IsCancellationRequested)
        {
            if (exception is CoordinatorReplacedException) LogReplaced(logger, key);
            Leave();
        }
        finally
        {
            coordinator.Dispose();
            Cancel(ended);
            await accompanying;
        }
    }

    private void Leave()
    {
        _leaving.Cancel();
        _loading = null;
        host.Deactivate();
    }

    /// <summary>At once, on this thread: what waits for it goes on in its own context all the same.</summary>
    private static void Cancel(CancellationTokenSource source) => source.Cancel();

    [LoggerMessage(452, LogLevel.Information, "{Run} has ended: {Status}")]
    private static partial void LogEnded(ILogger logger, RunKey run, RunStatus status);

    [LoggerMessage(453, LogLevel.Warning, "Another coordinator has persisted a change of {Run}; this one ends")]
    private static partial void LogReplaced(ILogger logger, RunKey run);
}
