using System.Diagnostics;
using Npgsql;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Brings one run from its persisted state to its end: decides with <see cref="RunLogic"/>, persists, and sends cohorts what they
/// are to do. Only its loop changes the state; commands and reports are taken in between. One caller at a time, but calls may
/// interleave.
/// </summary>
internal sealed partial class RunCoordinator(
    RunState state, IRunStore store, ISilos silos, RebalancePolicy rebalance, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>A run that breaks this often in a row, each time within <see cref="GoodWhile"/>, is given up.</summary>
    private const int Attempts = 5;

    private static readonly TimeSpan GoodWhile = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Guid _id = Guid.NewGuid();
    private readonly RunIntervals _intervals = RunIntervals.Of(state.Key.Kind);
    private readonly RunObservations _seen = new();
    private readonly RunProgress _progress = new();
    private readonly Signal _signal = new(time);
    private readonly Queue<(RunCommand Command, long Seen, TaskCompletionSource<bool> Done)> _commands = [];
    private readonly HashSet<long> _searching = [];
    private readonly List<ExecutionInstance> _ended = [];
    private readonly Dictionary<long, Activity?> _activities = [];
    private long _checkedAt = time.GetTimestamp();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDisposed;

    /// <summary>Since when the end of parts is being persisted: until it is, what is shown stands still, because that is what will be persisted. Null: it is not.</summary>
    private DateTimeOffset? _endingAt;

    /// <summary>The state as it was persisted last.</summary>
    public RunState State { get; private set; } = state;

    /// <summary>Completes once no part waits for its agents to be made ready.</summary>
    public Task Begun => HasBegun ? Task.CompletedTask : _begun.Task;

    private bool HasBegun => State.Parts.All(part => part.Status != RunStatus.Pending);

    /// <summary>Changes what is asked of the run. Returns once that is persisted, or once the run has ended; cohorts follow within a report.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="seen">The <see cref="DesiredPlayback.CommandEpoch"/> that the caller has read.</param>
    /// <returns>False: nothing was changed, because another command was persisted since.</returns>
    /// <exception cref="OrleansException">This coordinator ends before it is persisted.</exception>
    /// <exception cref="AgentChangeRefusedException">The part cannot get or lose so many agents now.</exception>
    public Task<bool> CommandAsync(RunCommand command, long seen)
    {
        if (State.Status.IsTerminal()) return Task.FromResult(true);
        if (_isDisposed) throw Moving();
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands.Enqueue((command, seen, done));
        _signal.Set();
        return done.Task;
    }

    /// <summary>Takes a cohort's report in and returns what the cohort is to do.</summary>
    public Directive Report(CohortReport report)
    {
        if (State.PartOf(report.CohortId) is null) return Directive.Release;
        var cohort = _seen[report.CohortId];
        var isNews = cohort.Report is not { } last || last.Phase != report.Phase || last.Outcome is null != report.Outcome is null 
            || last.FailedInstanceId != report.FailedInstanceId || last.HandedOverTo != report.HandedOverTo;
        cohort.Report = report;
        cohort.HeardAt = time.GetTimestamp();
        if (isNews) _signal.Set();
        return DirectiveFor(report.CohortId);
    }

    /// <summary>The run as status readers see it.</summary>
    public LiveExecution View() => _progress.View(State, _seen, _endingAt ?? time.GetUtcNow());

    /// <summary>Lets progress start from what was shown before this coordinator.</summary>
    public void Restore(LiveExecution shown) => _progress.Restore(shown);

    /// <summary>The agents that have ended since it was last asked.</summary>
    public IReadOnlyList<ExecutionInstance> TakeEnded()
    {
        ExecutionInstance[] taken = [.. _ended];
        _ended.Clear();
        return taken;
    }

    /// <summary>Brings the run to its end.</summary>
    /// <exception cref="OperationCanceledException">The silo shuts down; another coordinator goes on.</exception>
    /// <exception cref="CoordinatorReplacedException">Another coordinator has persisted a change.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; !State.Status.IsTerminal(); attempt++)
        {
            var began = time.GetTimestamp();
            try
            {
                await (attempt <= Attempts ? ConvergeAsync(cancellationToken) : GiveUpAsync(withOutcomes: attempt <= 2 * Attempts, cancellationToken));
            }
            catch (Exception exception) when (exception is not CoordinatorReplacedException && !cancellationToken.IsCancellationRequested)
            {
                // What broke once in hours must not add up.
                if (time.GetElapsedTime(began) > GoodWhile) attempt = 1;
                LogRunBroke(logger, exception, State.Key, attempt);
                Activity.Current?.AddException(exception);
                await Task.Delay(RetryInterval, time, cancellationToken);
            }
        }
    }

    /// <summary>Fails the commands that have not been persisted.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        while (_commands.TryDequeue(out var command)) command.Done.TrySetException(Moving());
        foreach (var activity in _activities.Values) activity?.Dispose();
    }

    private async Task ConvergeAsync(CancellationToken cancellationToken)
    {
        while (!State.Status.IsTerminal())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _seen.ActiveSilos = silos.Active;
            if (time.GetElapsedTime(_checkedAt) > _intervals.Check) await CheckAsync(cancellationToken);
            if (_commands.Count > 0) await SaveCommandsAsync(cancellationToken);
            var decision = RunLogic.Decide(State, _seen, rebalance, time.GetUtcNow());
            if (decision.Save is { } save) await SaveAsync(save, cancellationToken);
            foreach (var part in decision.Unassigned) _ = FindSilosAsync(part);
            AskSilentCohorts();
            SendDirectives();
            if (decision.Save is null && _commands.Count == 0) await _signal.WaitAsync(_intervals.Decide, cancellationToken);
        }
        while (_commands.TryDequeue(out var command)) command.Done.TrySetResult(true);
    }

    /// <summary>Cohorts must not go on following a coordinator that does not know what another one was asked.</summary>
    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await store.IsCurrentAsync(State, cancellationToken)) throw new CoordinatorReplacedException();
        }
        catch (Exception exception) when (MayPass(exception) && !cancellationToken.IsCancellationRequested)
        {
            // PostgreSQL is away: nobody can persist anything.
        }
        _checkedAt = time.GetTimestamp();
    }

    private async Task SaveCommandsAsync(CancellationToken cancellationToken)
    {
        if (_commands.Peek().Command is RunCommand.ChangeAgents)
        {
            await SaveAgentChangeAsync(cancellationToken);
            return;
        }
        var next = State;
        List<bool> taken = [];
        foreach (var (command, seen, _) in _commands.TakeWhile(entry => entry.Command is not RunCommand.ChangeAgents))
        {
            taken.Add(seen >= next.Desired.CommandEpoch);
            if (taken[^1]) next = RunLogic.Apply(next, command, time.GetUtcNow());
        }
        if (next != State) await SaveAsync(new RunSave(next with { Version = State.Version + 1 }), cancellationToken);
        foreach (var isTaken in taken) _commands.Dequeue().Done.TrySetResult(isTaken);
    }

    private Task GiveUpAsync(bool withOutcomes, CancellationToken cancellationToken) =>
        SaveAsync(RunLogic.GiveUp(State, RunSentences.Store(RunSentences.Broke.With()), withOutcomes, time.GetUtcNow()), cancellationToken);

    /// <summary>The one place that persists. While PostgreSQL cannot be reached the agents play on and it is tried again.</summary>
    private async Task SaveAsync(RunSave save, CancellationToken cancellationToken)
    {
        if (save.Endings.Count > 0) _endingAt = time.GetUtcNow();
        while (true)
        {
            try
            {
                var saved = await store.SaveAsync(_id, State, WithShown(save), cancellationToken) ?? throw new CoordinatorReplacedException();
                Take(saved, save);
                return;
            }
            catch (Exception exception) when (MayPass(exception) && !cancellationToken.IsCancellationRequested)
            {
                LogSaveFailed(logger, exception, State.Key);
                await Task.Delay(RetryInterval, time, cancellationToken);
            }
        }
    }

    private RunSave WithShown(RunSave save)
    {
        if (save.Endings.Count == 0) return save;
        var shown = View().Parts.ToDictionary(part => part.Number, part => part.Progress);
        return save with { Endings = [.. save.Endings.Select(ending => ending with { Shown = shown[ending.Number] })] };
    }

    private void Take(RunSaved saved, RunSave save)
    {
        State = saved.State;
        _endingAt = null;
        _checkedAt = time.GetTimestamp();
        _ended.AddRange(saved.Ended);
        if (HasBegun) _begun.TrySetResult();
        _seen.Keep(State);
        if ((save.Assignment?.Number ?? save.Rebalancing?.Number) is { } number)
        {
            _seen.Candidates.Remove(number);
            // Agents that were added say nothing about where the others are.
            if (save.Assignment is not { Replaced.Count: 0 } || save.Next.Parts.Single(part => part.Number == number).Cohorts.Count == 0) _seen.Spread[number] = (time.GetUtcNow(), _seen.ActiveSilos);
        }
        foreach (var ending in save.Endings) EndActivity(State.Parts.Single(part => part.Number == ending.Number));
    }

    private async Task FindSilosAsync(long number)
    {
        if (!_searching.Add(number)) return;
        try
        {
            using var activity = InActivityOf(number);
            var found = await silos.ListAsync(State.Parts.Single(part => part.Number == number).Plan.Files);
            if (found.Count > 0) _seen.Candidates[number] = found;
        }
        finally
        {
            _searching.Remove(number);
        }
        if (_seen.Candidates.TryGetValue(number, out var candidates) && candidates.Count >= _seen.ActiveSilos.Count) _signal.Set();
    }

    /// <summary>Asks silos to play cohorts that have not been heard for some time: the call may have been lost, or the silo's memory of it.</summary>
    private void AskSilentCohorts()
    {
        foreach (var (part, cohort) in Cohorts())
        {
            var known = _seen[cohort.Id];
            if (_seen.IsLost(cohort) || IsRecent(known.HeardAt) || IsRecent(known.AskedAt)) continue;
            known.AskedAt = time.GetTimestamp();
            _ = SendAsync(part, cohort, () => silos.PlayAsync(cohort.Silo, new CohortKey(State.Key, cohort.Id)));
        }
    }

    /// <summary>Sends what has changed at once. A directive that gets lost comes with the answer to the next report.</summary>
    private void SendDirectives()
    {
        foreach (var (part, cohort) in Cohorts())
        {
            var known = _seen[cohort.Id];
            var directive = DirectiveFor(cohort.Id);
            if (_seen.IsLost(cohort) || directive.Order == CohortOrder.Wait || directive.AsksTheSameAs(known.Sent)) continue;
            known.Sent = directive;
            _ = SendAsync(part, cohort, () => silos.FollowAsync(cohort.Silo, new CohortKey(State.Key, cohort.Id), directive));
        }
    }

    private Directive DirectiveFor(long cohortId)
    {
        var directive = RunLogic.DirectiveFor(State, cohortId, _seen, time.GetUtcNow());
        if (directive.Order == CohortOrder.End) _seen[cohortId].EndSentAt ??= time.GetUtcNow();
        return directive;
    }

    private async Task SendAsync(PartState part, CohortState cohort, Func<Task> send)
    {
        try
        {
            using var activity = InActivityOf(part.Number);
            await send();
        }
        catch (Exception exception)
        {
            // The membership decides whether the silo is gone; until then the cohort is asked again.
            LogNotSent(logger, exception, new CohortKey(State.Key, cohort.Id), cohort.Silo);
        }
    }

    private IEnumerable<(PartState Part, CohortState Cohort)> Cohorts() => State.Parts.SelectMany(part => part.Cohorts.Select(cohort => (part, cohort)));

    private bool IsRecent(long? timestamp) => timestamp is { } at && time.GetElapsedTime(at) < _intervals.SilenceUntilAsked;

    /// <summary>Makes the part's span the current one, so that what silos do for it belongs to it.</summary>
    private ActivityScope InActivityOf(long number)
    {
        if (!_activities.TryGetValue(number, out var activity))
        {
            var outer = Activity.Current;
            activity = _activities[number] = WorkerTelemetry.Activities.StartActivity("part");
            activity?.SetTag($"{State.Key.Kind.ToString().ToLowerInvariant()}.id", State.Key.Id).SetTag("part.number", number);
            Activity.Current = outer;
        }
        return new ActivityScope(activity);
    }

    private void EndActivity(PartState part)
    {
        if (!_activities.Remove(part.Number, out var activity) || activity is null) return;
        activity.SetTag("part.agents", part.Agents.Count).SetTag("part.status", part.Status.ToString());
        if (part.Error is { } error) activity.SetStatus(ActivityStatusCode.Error, error);
        activity.Dispose();
    }

    private static OrleansException Moving() => new("The coordinator of the run is moving to another silo.");

    private static bool MayPass(Exception exception) => exception.GetBaseException() switch
    {
        NpgsqlException npgsql => npgsql.IsTransient,
        TimeoutException or IOException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    private readonly struct ActivityScope : IDisposable
    {
        private readonly Activity? _outer = Activity.Current;

        public ActivityScope(Activity? activity)
        {
            if (activity is not null) Activity.Current = activity;
        }

        public void Dispose() => Activity.Current = _outer;
    }

    [LoggerMessage(441, LogLevel.Warning, "The state of {Run} could not be saved; trying again")]
    private static partial void LogSaveFailed(ILogger logger, Exception exception, RunKey run);

    [LoggerMessage(443, LogLevel.Warning, "Cohort {Cohort} on {Silo} could not be reached; trying again")]
    private static partial void LogNotSent(ILogger logger, Exception exception, CohortKey cohort, string silo);

    [LoggerMessage(451, LogLevel.Error, "The coordination of {Run} broke (attempt {Attempt}); it is resumed from its persisted state")]
    private static partial void LogRunBroke(ILogger logger, Exception exception, RunKey run, int attempt);
}

/// <summary>Another coordinator has persisted a change of the run; this one ends.</summary>
internal sealed class CoordinatorReplacedException() : Exception("Another coordinator has taken this run over.");
