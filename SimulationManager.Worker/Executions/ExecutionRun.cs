using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Plays an execution's plan from wherever it stands to its end: steps one after another with their pauses, groups all at once.
/// </summary>
internal sealed class ExecutionRun : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly RunContext _run;
    private readonly Dictionary<long, PartRun> _running = [];
    private readonly SemaphoreSlim _saving = new(1);

    public ExecutionRun(RunContext run)
    {
        _run = run;
        // The plan's order, whatever order the rows came in.
        Parts = [.. Execution.Plan.Parts.Select(plan => Execution.Parts.Single(part => part.Number == plan.Number))];
    }

    private Execution Execution => _run.Execution;

    /// <summary>The parts in the plan's order.</summary>
    public IReadOnlyList<ExecutionPart> Parts { get; }

    /// <summary>Cohorts of all running parts.</summary>
    public IEnumerable<PartCohorts> Cohorts => _running.Values.Select(part => part.Cohorts);

    /// <summary>Plays the plan to its end and returns how it ended.</summary>
    public async Task<RunStatus> PlayAsync(CancellationToken cancellationToken)
    {
        if (Execution.Status == RunStatus.Pending) await BeginAsync(cancellationToken);
        if (Execution.PatternType == PatternType.Parallel) await PlayGroupsAsync(cancellationToken);
        else await PlayStepsAsync(cancellationToken);
        if (!Execution.Status.IsTerminal()) await EndAsync(cancellationToken);
        return Execution.Status;
    }

    /// <summary>Ends an execution whose run has broken again and again, so that it does not stay RUNNING for ever.</summary>
    public async Task<RunStatus> GiveUpAsync(CancellationToken cancellationToken)
    {
        var reason = RunSentences.Broke.Say();
        foreach (var part in Parts.Where(part => part.Status == RunStatus.Running).ToArray())
            await SaveEndedAsync(part, new PartResult(RunStatus.Failed, reason, []), cancellationToken);
        if (Execution.Status.IsTerminal()) return Execution.Status;
        if (Execution.Status == RunStatus.Pending) await BeginAsync(cancellationToken);
        Conclude(RunStatus.Failed);
        Execution.Message = reason;
        await RecordAsync(token => _run.Store.EndExecutionAsync(Execution, token), cancellationToken);
        return Execution.Status;
    }

    /// <summary>Brings the execution's numbers up to date.</summary>
    public void Refresh()
    {
        foreach (var part in _running.Values) part.Refresh();
        if (Execution.Status.IsTerminal()) return;
        Execution.MessagesOut = Parts.Sum(part => part.MessagesOut);
        Execution.MessagesDropped = Parts.Sum(part => part.MessagesDropped);
        Execution.OverallProgress = Math.Max(Execution.OverallProgress, Math.Floor(Parts.Average(part => part.Progress) * 10) / 10);
        Execution.Message = RunMessages.WhileRunning(Execution, Parts, _running.Count > 0, _running.Values.Any(part => part.Cohorts.AnyOverloaded));
    }

    public void Dispose() => _saving.Dispose();

    /// <summary>Takes a cohort's report in. False: it is known for sure that no running part has this cohort.</summary>
    public bool Take(CohortReport report)
    {
        var known = _running.Values.Any(part => part.Cohorts.Take(report));
        if (known && (report.AgentsEnded == report.Agents || report.FailedInstanceId > 0)) _run.Changed();
        return known || _running.Count == 0 || _running.Values.Any(part => !part.IsSettled);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        Execution.StartedAt = Execution.LastUpdated = _run.Now;
        await RecordAsync(token => _run.Store.BeginExecutionAsync(Execution, token), cancellationToken);
        Execution.Status = Execution.Status.MoveTo(RunStatus.Running);
    }

    private async Task PlayGroupsAsync(CancellationToken cancellationToken)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(Execution.Plan.Parts.Select(async (plan, index) =>
        {
            try
            {
                await PlayPartAsync(plan, index, broken.Token);
            }
            catch
            {
                // The others are let go of, too, and all are taken up again together; their agents play on meanwhile.
                await broken.CancelAsync();
                throw;
            }
        }));
    }

    private async Task PlayStepsAsync(CancellationToken cancellationToken)
    {
        for (var index = 0; index < Parts.Count; index++)
        {
            if (index > 0) await WaitUntilNextAsync(Parts[index - 1], Execution.Plan.Parts[index - 1].DelayAfterCompletion, cancellationToken);
            if (_run.IsStopping && Parts[index].Status == RunStatus.Pending) return;
            await PlayPartAsync(Execution.Plan.Parts[index], index, cancellationToken);
            if (Parts[index].Status != RunStatus.Completed) return;
        }
    }

    private async Task WaitUntilNextAsync(ExecutionPart previous, int delay, CancellationToken cancellationToken)
    {
        while (!_run.IsStopping)
        {
            var left = (previous.EndedAt ?? _run.Now).AddSeconds(delay) - _run.Now;
            if (left <= TimeSpan.Zero && Execution.PausedAt is null) return;
            await _run.WaitAsync(left > TimeSpan.Zero && left < LongestWait ? left : LongestWait, cancellationToken);
        }
    }

    private async Task PlayPartAsync(PlannedPart plan, int index, CancellationToken cancellationToken)
    {
        var part = Parts[index];
        if (part.Status.IsTerminal()) return;
        var firstInstanceId = 1 + Execution.Plan.Parts.Take(index).Sum(earlier => (long)earlier.AutonomousAgentCount);
        var playing = new PartRun(_run, plan, part, firstInstanceId);
        _running.Add(part.Number, playing);
        var result = await playing.PlayAsync(cancellationToken);
        playing.Refresh();
        await SaveEndedAsync(part, result, cancellationToken);
        _running.Remove(part.Number);
        await playing.Cohorts.ReleaseAsync();
    }

    private async Task SaveEndedAsync(ExecutionPart part, PartResult result, CancellationToken cancellationToken)
    {
        // One at a time: the group that ends last also ends the execution, after all others are on record.
        await _saving.WaitAsync(cancellationToken);
        try
        {
            part.Status = part.Status.MoveTo(result.Status);
            part.EndedAt = _run.Now;
            part.Error = result.Error;
            PartOutcome.Apply(part, result);
            var status = StatusNow();
            if (status.IsTerminal()) Conclude(status);
            var instances = PartOutcome.InstancesOf(part, result);
            await RecordAsync(token => _run.Store.EndPartAsync(Execution, part, instances, status.IsTerminal(), token), cancellationToken);
            _run.NoteEnded(instances);
            _run.Changed();
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <summary>Ends an execution that has nothing left to play and was not ended with its last part.</summary>
    private async Task EndAsync(CancellationToken cancellationToken)
    {
        var status = StatusNow();
        if (!status.IsTerminal()) status = RunStatus.Stopped;
        Conclude(status);
        await RecordAsync(token => _run.Store.EndExecutionAsync(Execution, token), cancellationToken);
    }

    private async Task RecordAsync(Func<CancellationToken, Task<bool>> write, CancellationToken cancellationToken)
    {
        if (!await _run.Persist(write, cancellationToken)) throw new CoordinatorReplacedException();
        _run.IsEndOnRecord = Execution.Status.IsTerminal();
    }

    /// <summary>What the parts make of the execution: RUNNING while one still has to play.</summary>
    private RunStatus StatusNow()
    {
        var sequential = Execution.PatternType == PatternType.Sequential;
        if (Parts.Any(part => part.Status == RunStatus.Running)) return RunStatus.Running;
        if (Parts.Any(part => part.Status == RunStatus.Failed) && (sequential || Parts.All(part => part.Status.IsTerminal()))) return RunStatus.Failed;
        if (Parts.Any(part => part.Status == RunStatus.Stopped) && (sequential || Parts.All(part => part.Status.IsTerminal()))) return RunStatus.Stopped;
        return Parts.All(part => part.Status == RunStatus.Completed) ? RunStatus.Completed : RunStatus.Running;
    }

    private void Conclude(RunStatus status)
    {
        Refresh();
        Execution.Status = Execution.Status.MoveTo(status);
        Execution.EndedAt = Execution.LastUpdated = _run.Now;
        Execution.PausedAt = null;
        if (status == RunStatus.Completed) Execution.OverallProgress = 100;
        var lateness = PartOutcome.LatenessOf(Parts);
        Execution.Lateness = PartOutcome.Summarise(lateness);
        Execution.Message = RunMessages.AtTheEnd(Execution, Parts);
    }
}
