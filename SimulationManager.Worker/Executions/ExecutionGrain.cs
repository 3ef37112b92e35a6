using System.Diagnostics;
using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Executions;

/// <summary>Takes commands and reports for one execution and keeps its run going; what is to be done stands in <see cref="ExecutionRun"/>.</summary>
[Reentrant]
public sealed partial class ExecutionGrain(
    ExecutionStore store, SiloDirectory silos, LiveExecutionStore live, LiveEventLog events, TimeProvider time, ILogger<ExecutionGrain> logger)
    : Grain, IExecutionGrain, IExecutionCoordinator, IDisposable
{
    /// <summary>A run that breaks this often in a row, each time within <see cref="GoodWhile"/>, is given up.</summary>
    private const int Attempts = 5;

    private static readonly TimeSpan GoodWhile = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AttemptInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _leaving = new();
    private CancellationToken _lifetime;
    private Task _running = Task.CompletedTask;
    private Task<Execution>? _loading;
    private RunContext? _context;
    private ExecutionRun? _run;

    private long Id => this.GetPrimaryKeyLong();

    public async Task Start()
    {
        var execution = await LoadAsync();
        if (execution.Status.IsTerminal() || !_running.IsCompleted || _lifetime.IsCancellationRequested) return;
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _running = RunAsync(execution);
    }

    public async Task<RunStatus> Stop()
    {
        var execution = await LoadAsync();
        if (execution.Status.IsTerminal()) return execution.Status;
        if (_context is null) await Start();
        _context?.RequestStop();
        await _running.WaitAsync(StopWithin, time);
        return (await LoadAsync()).Status;
    }

    public async Task Pause()
    {
        var run = await RunningAsync();
        if (run.Execution.PausedAt is not null) return;
        run.Execution.PausedAt = time.GetUtcNow();
        await CommandAsync(cohort => cohort.Grain.Pause());
    }

    public async Task Resume()
    {
        var run = await RunningAsync();
        if (run.Execution.PausedAt is not { } since) return;
        var paused = (time.GetUtcNow() - since).TotalSeconds;
        foreach (var part in run.Execution.Parts.Where(part => part.Status == RunStatus.Running)) part.PausedSeconds += paused;
        run.Execution.PausedAt = null;
        await CommandAsync(cohort => cohort.Grain.Resume());
    }

    public async Task Seek(TimeSpan position)
    {
        await RunningAsync();
        ArgumentOutOfRangeException.ThrowIfLessThan(position, TimeSpan.Zero);
        await CommandAsync(cohort => cohort.Grain.Seek(position));
    }

    public async Task SetRate(double rate)
    {
        if (rate is not (>= PlaybackOptions.MinRate and <= PlaybackOptions.MaxRate))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, $"The rate must be {PlaybackOptions.MinRate}–{PlaybackOptions.MaxRate}.");
        var run = await RunningAsync();
        run.Execution.Rate = rate;
        await CommandAsync(cohort => cohort.Grain.SetRate(rate));
    }

    public async Task<LiveExecution> GetState()
    {
        var execution = await LoadAsync();
        _run?.Refresh();
        return LiveExecution.Of(execution, _run?.Parts ?? execution.Parts);
    }

    public async Task<bool> Report(CohortReport report)
    {
        if (_run is not null) return _run.Take(report);
        // A coordinator was lost; this report has called a new one up, which first finds out who plays what.
        await Start();
        return !(await LoadAsync()).Status.IsTerminal();
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _lifetime = _leaving.Token;
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _leaving.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    public void Dispose() => _leaving.Dispose();

    private async Task<RunContext> RunningAsync()
    {
        await Start();
        var execution = await LoadAsync();
        return _context is { } context && !execution.Status.IsTerminal()
            ? context
            : throw new IllegalTransitionException(execution.Status.ToString(), "a run that takes commands");
    }

    private async Task CommandAsync(Func<CohortHandle, Task> command)
    {
        if (_run is null || _context is not { } context) return;
        await Task.WhenAll(_run.Cohorts.Select(cohorts => cohorts.CommandAsync(command)));
        context.Execution.LastUpdated = time.GetUtcNow();
        await store.SaveProgressAsync(context.Execution, _lifetime);
        context.Changed();
    }

    private Task<Execution> LoadAsync()
    {
        // Calls that come in while it loads share the one load; a failed one is tried again.
        if (_loading is null or { IsFaulted: true } or { IsCanceled: true }) _loading = LoadOnceAsync();
        return _loading;
    }

    private async Task<Execution> LoadOnceAsync() =>
        await store.LoadAsync(Id, _lifetime) ?? throw new KeyNotFoundException($"There is no execution {Id}.");

    private async Task RunAsync(Execution execution)
    {
        // Whoever called this grain up, the run belongs to the request that started it.
        using var activity = WorkerTelemetry.Activities.StartActivity("execution", ActivityKind.Internal, execution.TraceParent);
        activity?.SetTag("execution.id", Id).SetTag("simulation.id", execution.SimulationId);
        RequestContext.Clear();
        for (var attempt = 1; !execution.Status.IsTerminal(); attempt++)
        {
            var began = time.GetTimestamp();
            try
            {
                await RunOnceAsync(execution, lastAttempt: attempt >= Attempts);
            }
            catch (OperationCanceledException) when (_lifetime.IsCancellationRequested)
            {
                // The silo is going; another one takes over from what is on record.
                return;
            }
            catch (Exception exception)
            {
                // What broke once in hours must not add up.
                if (time.GetElapsedTime(began) > GoodWhile) attempt = 1;
                LogRunBroke(logger, exception, Id, attempt);
                activity?.AddException(exception);
                await Task.Delay(AttemptInterval, time, _lifetime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            if (_lifetime.IsCancellationRequested) return;
            _loading = null;
            execution = await LoadAsync();
        }
        activity?.SetTag("execution.status", execution.Status.ToString());
        LogEnded(logger, Id, execution.Status);
        DelayDeactivation(TimeSpan.FromMinutes(1));
    }

    private async Task RunOnceAsync(Execution execution, bool lastAttempt)
    {
        var wasStopping = _context is { IsStopping: true };
        var context = new RunContext(execution, store, silos, time, logger);
        if (wasStopping) context.RequestStop();
        using var run = new ExecutionRun(context);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_lifetime);
        (_context, _run) = (context, run);
        var publishing = new LivePublisher(context, run, live, events, store, logger).RunAsync(ended.Token);
        try
        {
            await (lastAttempt ? run.GiveUpAsync(_lifetime) : run.PlayAsync(_lifetime));
        }
        finally
        {
            await ended.CancelAsync();
            await publishing;
            _run = null;
        }
    }

    [LoggerMessage(451, LogLevel.Error, "The run of execution {Execution} broke (attempt {Attempt}); it is taken up again from what is on record")]
    private static partial void LogRunBroke(ILogger logger, Exception exception, long execution, int attempt);

    [LoggerMessage(452, LogLevel.Information, "Execution {Execution} has ended: {Status}")]
    private static partial void LogEnded(ILogger logger, long execution, RunStatus status);
}
