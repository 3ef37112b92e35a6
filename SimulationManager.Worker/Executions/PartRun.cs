using System.Diagnostics;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Replay;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Executions;

/// <summary>How a part has ended.</summary>
internal sealed record PartResult(RunStatus Status, string? Error, IReadOnlyList<(string Silo, CohortOutcome Outcome)> Cohorts);

/// <summary>
/// Plays one step or group: gives its agents to silos, watches them, gives the agents of a lost silo to others, and says how
/// it ended. Everything it decides on is in PostgreSQL, so another activation can take over at any point.
/// </summary>
internal sealed class PartRun(RunContext run, PlannedPart plan, ExecutionPart part, long firstInstanceId)
{
    /// <summary>How long after the limit the engines may still need before the coordinator ends the agents itself.</summary>
    private static readonly TimeSpan LimitGrace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan SilenceUntilAsked = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(500);

    private readonly PartCohorts _cohorts = new(run, plan, part);

    /// <summary>The step's order or the group's id.</summary>
    public long Number => part.Number;

    public PartCohorts Cohorts => _cohorts;

    /// <summary>False while it is still being found out which cohorts play.</summary>
    public bool IsSettled { get; private set; }

    private TimeSpan Limit => TimeSpan.FromSeconds(plan.ExecutionTime);

    /// <summary>Plays it to its end, or takes it up where an earlier activation left it.</summary>
    public async Task<PartResult> PlayAsync(CancellationToken cancellationToken)
    {
        using var activity = WorkerTelemetry.Activities.StartActivity("part");
        activity?.SetTag("execution.id", part.ExecutionId).SetTag("part.number", part.Number).SetTag("part.agents", plan.AutonomousAgentCount);
        var result = part.Status == RunStatus.Pending
            ? await StartAsync(cancellationToken)
            : await TakeUpAsync(cancellationToken);
        IsSettled = true;
        result ??= await WatchAsync(cancellationToken);
        activity?.SetTag("part.status", result.Status.ToString());
        if (result.Error is not null) activity?.SetStatus(ActivityStatusCode.Error, result.Error);
        return result;
    }

    /// <summary>Brings progress and counts up to date from what the cohorts have reported.</summary>
    public void Refresh()
    {
        if (part.Status != RunStatus.Running) return;
        _cohorts.SumUp(part);
        var elapsed = Limit <= TimeSpan.Zero ? 1 : Elapsed() / Limit;
        var percent = Math.Clamp(Math.Max(_cohorts.PlayedShare(), elapsed), 0, 1) * 100;
        // One decimal, rounded down so that 100 means done; a resumed agent may be behind what was shown before.
        part.Progress = Math.Max(part.Progress, Math.Floor(percent * 10) / 10);
    }

    private TimeSpan Elapsed()
    {
        var end = run.Execution.PausedAt ?? run.Now;
        return part.StartedAt is { } start ? end - start - TimeSpan.FromSeconds(part.PausedSeconds) : TimeSpan.Zero;
    }

    private async Task<PartResult?> StartAsync(CancellationToken cancellationToken)
    {
        var left = await run.Store.LoadCohortsAsync(part.ExecutionId, part.Number, cancellationToken);
        var agents = Enumerable.Range(0, plan.AutonomousAgentCount).Select(index => firstInstanceId + index);
        if (!await _cohorts.AssignAsync([.. left.Select(cohort => cohort.CohortId)], CohortCheckpoint.Fresh(agents), cancellationToken))
            throw new CoordinatorReplacedException();
        if (await PrepareAllAsync(cancellationToken) is { } failure) return failure;
        if (run.IsStopping) return await EndAsync(RunStatus.Stopped, null, cancellationToken);

        part.StartedAt = run.Now;
        part.MessagesPlanned = (long)_cohorts.MessagesPerPass * plan.RepeatCount * plan.AutonomousAgentCount;
        if (!await run.Persist(token => run.Store.BeginPartAsync(part, token), cancellationToken)) throw new CoordinatorReplacedException();
        part.Status = part.Status.MoveTo(RunStatus.Running);
        run.Changed();
        await _cohorts.BeginAsync(Limit);
        return null;
    }

    private async Task<PartResult?> TakeUpAsync(CancellationToken cancellationToken)
    {
        await _cohorts.AdoptAsync(cancellationToken);
        // A coordinator that was lost between "running" and "begin" left its cohorts waiting.
        await _cohorts.BeginAsync(Limit - Elapsed());
        return null;
    }

    private async Task<PartResult?> PrepareAllAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var error = await _cohorts.PrepareAsync(cancellationToken);
            if (run.IsStopping) return null;
            if (error is not null) return await EndAsync(RunStatus.Failed, error, cancellationToken);
            if (!_cohorts.AnyLost) return null;
            await _cohorts.ReplaceLostAsync(cancellationToken);
        }
    }

    private async Task<PartResult> WatchAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (run.IsStopping) return await EndAsync(RunStatus.Stopped, null, cancellationToken);
            if (_cohorts.Failure is { } failure) return await EndAsync(RunStatus.Failed, failure, cancellationToken);
            if (_cohorts.AllEnded && await TryCompleteAsync() is { } completed) return completed;
            if (Elapsed() > Limit + LimitGrace) return await EndAsync(RunStatus.Completed, null, cancellationToken);

            await _cohorts.FindLostAsync(SilenceUntilAsked);
            if (_cohorts.AnyLost)
            {
                await _cohorts.ReplaceLostAsync(cancellationToken);
                if (await _cohorts.PrepareAsync(cancellationToken) is { } error) return await EndAsync(RunStatus.Failed, error, cancellationToken);
            }
            await _cohorts.BeginAsync(Limit - Elapsed());
            await run.WaitAsync(WatchInterval, cancellationToken);
        }
    }

    /// <summary>Collects all outcomes; null when a silo was lost with its agents' last second, which is then played again.</summary>
    private async Task<PartResult?> TryCompleteAsync()
    {
        var outcomes = await _cohorts.EndAsync();
        return outcomes.Any(outcome => outcome.Outcome is null)
            ? null
            : new PartResult(RunStatus.Completed, null, [.. outcomes.Select(outcome => (outcome.Silo, outcome.Outcome!))]);
    }

    private async Task<PartResult> EndAsync(RunStatus status, string? error, CancellationToken cancellationToken)
    {
        var outcomes = await _cohorts.EndAsync();
        if (outcomes.All(outcome => outcome.Outcome is not null))
            return new PartResult(status, error, [.. outcomes.Select(outcome => (outcome.Silo, outcome.Outcome!))]);

        // Who cannot be asked any more has its last checkpoint, at most a second old.
        var rows = await run.Persist(token => run.Store.LoadCohortsAsync(part.ExecutionId, part.Number, token), cancellationToken);
        var saved = rows.ToDictionary(row => row.CohortId, row => CohortCheckpoint.FromBytes(row.Checkpoint));
        return new PartResult(status, error, [.. outcomes.Select(outcome => (outcome.Silo, outcome.Outcome ?? OutcomeOf(outcome.CohortId, saved)))]);
    }

    private static CohortOutcome OutcomeOf(long cohortId, Dictionary<long, CohortCheckpoint> saved)
    {
        var checkpoint = saved.GetValueOrDefault(cohortId) ?? new CohortCheckpoint([], new LatenessHistogram());
        return new CohortOutcome
        {
            CohortId = cohortId,
            Lateness = checkpoint.Lateness.ToBytes(),
            DroppedByTopic = checkpoint.DroppedByTopic,
            Instances = [.. checkpoint.Agents.Select(agent => new InstanceOutcome(
                agent.InstanceId, agent.State.HasEnded() ? agent.State : AgentState.Stopped, agent.RepeatsDone, agent.MessagesOut, agent.Dropped,
                0, 0, 0, 0, agent.Error))],
        };
    }
}
