using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The cohorts of one part: who plays which agents, and what they have told.</summary>
internal sealed class PartCohorts(RunContext run, PlannedPart plan, ExecutionPart part)
{
    /// <summary>A silo that does not end its agents in this time is treated as lost.</summary>
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan CommandWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<long, CohortHandle> _cohorts = [];

    /// <summary>Messages that one agent puts out in one pass; known once a cohort is prepared.</summary>
    public int MessagesPerPass { get; private set; }

    public bool AnyLost => _cohorts.Values.Any(cohort => cohort.IsLost);

    public bool AllEnded => _cohorts.Count > 0 && _cohorts.Values.All(cohort => cohort.HasEnded);

    public bool AnyOverloaded => _cohorts.Values.Any(cohort => cohort.Report is { Overloaded: true });

    /// <summary>Which instance has failed and why; null when none has.</summary>
    public string? Failure => _cohorts.Values
        .Select(cohort => cohort.Report)
        .Where(report => report is { FailedInstanceId: > 0 })
        .Select(report => $"{NameOf(report!.FailedInstanceId)}: {report.FailedError}")
        .FirstOrDefault();

    /// <summary>Takes a report in. False: the cohort is not of this part, or not any more.</summary>
    public bool Take(CohortReport report)
    {
        if (!_cohorts.TryGetValue(report.CohortId, out var cohort)) return false;
        cohort.Heard(report, run.Timestamp);
        return true;
    }

    /// <summary>Gives agents to silos and puts that on record, in place of the cohorts <paramref name="replaced"/>.</summary>
    /// <returns>False when someone else has done so meanwhile.</returns>
    public async Task<bool> AssignAsync(IReadOnlyList<long> replaced, CohortCheckpoint? fresh, CancellationToken cancellationToken)
    {
        var silos = await run.Silos.ListAsync(plan.Files);
        while (silos.Count == 0)
        {
            if (run.IsStopping && fresh is null) return true;
            await run.WaitAsync(RetryInterval, cancellationToken);
            silos = await run.Silos.ListAsync(plan.Files);
        }
        var change = await run.Persist(
            token => run.Store.ReplaceCohortsAsync(part, replaced, old => Successors(old, fresh, silos), token),
            cancellationToken);
        if (change is null) return false;
        part.Gaps = change.Gaps;
        foreach (var id in replaced) _cohorts.Remove(id);
        foreach (var row in change.Cohorts) Add(row);
        return true;
    }

    /// <summary>
    /// Makes all new cohorts ready. Returns why it cannot be. A cohort whose silo does not answer or leaves is marked lost; once the
    /// run is to stop, nothing is waited for.
    /// </summary>
    public async Task<string?> PrepareAsync(CancellationToken cancellationToken)
    {
        var errors = await Task.WhenAll(_cohorts.Values
            .Where(cohort => !cohort.IsPrepared && !cohort.IsLost)
            .Select(cohort => PrepareAsync(cohort, cancellationToken)));
        return errors.FirstOrDefault(error => error is not null);
    }

    /// <summary>Lets prepared cohorts play that do not yet. One that cannot be reached is told again when this is called again.</summary>
    public Task BeginAsync(TimeSpan limit) => CommandAsync(
        [.. _cohorts.Values.Where(cohort => cohort is { IsPrepared: true, IsLost: false, HasBegun: false })],
        async cohort =>
        {
            await cohort.Grain.Begin(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, run.Execution.PausedAt is not null);
            cohort.HasBegun = true;
        });

    /// <summary>Finds what an earlier activation has put on record. Cohorts that do not play any more are marked lost.</summary>
    public async Task AdoptAsync(CancellationToken cancellationToken)
    {
        var rows = await run.Persist(token => run.Store.LoadCohortsAsync(part.ExecutionId, part.Number, token), cancellationToken);
        foreach (var row in rows) Add(row).IsPrepared = true;
        await FindLostAsync(TimeSpan.Zero);
    }

    /// <summary>Marks cohorts lost whose silo has left, or that have been silent and are not known there any more.</summary>
    public async Task FindLostAsync(TimeSpan silence)
    {
        foreach (var cohort in _cohorts.Values.Where(cohort => !cohort.IsLost && !run.Silos.IsActive(cohort.Silo))) cohort.IsLost = true;
        var silent = _cohorts.Values.Where(cohort => !cohort.IsLost && run.Since(cohort.HeardAt) >= silence).ToArray();
        await Task.WhenAll(silent.Select(AskAsync));
    }

    /// <summary>Gives the agents of lost cohorts to other silos, which are to go on from the last checkpoints.</summary>
    /// <exception cref="CoordinatorReplacedException">Someone else has done so meanwhile.</exception>
    public async Task ReplaceLostAsync(CancellationToken cancellationToken)
    {
        var lost = _cohorts.Values.Where(cohort => cohort.IsLost).Select(cohort => cohort.Id).ToArray();
        if (!await AssignAsync(lost, null, cancellationToken)) throw new CoordinatorReplacedException();
    }

    /// <summary>Runs a command on all cohorts at once. One that cannot be reached is left to the watch.</summary>
    public Task CommandAsync(Func<CohortHandle, Task> command) => CommandAsync([.. _cohorts.Values.Where(cohort => !cohort.IsLost)], command);

    /// <summary>Ends all agents and collects outcomes; none for a cohort that cannot be asked, which is marked lost.</summary>
    public async Task<IReadOnlyList<(long CohortId, string Silo, CohortOutcome? Outcome)>> EndAsync() =>
        await Task.WhenAll(_cohorts.Values.Select(async cohort => (cohort.Id, cohort.SiloName, await EndAsync(cohort))));

    /// <summary>Lets go of all cohorts.</summary>
    public async Task ReleaseAsync()
    {
        await CommandAsync(cohort => cohort.Grain.Release());
        _cohorts.Clear();
    }

    /// <summary>Adds up what the cohorts have reported.</summary>
    public void SumUp(ExecutionPart into)
    {
        var reports = _cohorts.Values.Where(cohort => cohort.Report is not null).Select(cohort => cohort.Report!).ToArray();
        if (reports.Length == 0 || reports.Length < _cohorts.Count) return;
        into.MessagesOut = Math.Max(into.MessagesOut, reports.Sum(report => report.MessagesOut));
        into.MessagesDropped = Math.Max(into.MessagesDropped, reports.Sum(report => report.MessagesDropped));
        into.CurrentRepeat = Math.Max(into.CurrentRepeat, Math.Min(into.TotalRepeats, reports.Min(report => report.RepeatsDone)));
    }

    /// <summary>Share (0–1) of all repeats that the agents have played, on average.</summary>
    public double PlayedShare()
    {
        var agents = _cohorts.Values.Sum(cohort => cohort.Agents);
        return agents == 0 ? 0 : _cohorts.Values.Sum(cohort => cohort.Report?.Played ?? 0) / agents;
    }

    private CohortHandle Add(ExecutionCohort row)
    {
        var silo = SiloAddress.FromParsableString(row.Silo);
        var agents = CohortCheckpoint.FromBytes(row.Checkpoint).Agents.Count;
        var handle = new CohortHandle(row, run.Silos.CohortOn(silo, row.ExecutionId, row.CohortId), agents);
        _cohorts[row.CohortId] = handle;
        return handle;
    }

    private CohortChange Successors(
        IReadOnlyList<ExecutionCohort> old, CohortCheckpoint? fresh, IReadOnlyList<(SiloAddress Silo, SiloLoad Load)> silos)
    {
        var now = run.Now;
        var checkpoints = fresh is null ? [.. old.Select(row => CohortCheckpoint.FromBytes(row.Checkpoint))] : new List<CohortCheckpoint> { fresh };
        var lateness = checkpoints[0].Lateness;
        foreach (var other in checkpoints.Skip(1)) lateness.Add(other.Lateness);
        var dropped = TopicCounts.Sum(checkpoints.Select(checkpoint => checkpoint.DroppedByTopic));
        // Agents that were only made ready have not been missed.
        var gaps = part.Status == RunStatus.Running
            ? old.Zip(checkpoints, (row, checkpoint) => new PlaybackGap(row.Silo, checkpoint.Agents.Count, row.UpdatedAt, now))
            : [];
        var spread = AgentAssignment.Spread([.. checkpoints.SelectMany(checkpoint => checkpoint.Agents).OrderBy(agent => agent.InstanceId)], silos);
        var cohorts = spread.Select((share, index) => new ExecutionCohort
        {
            ExecutionId = part.ExecutionId,
            CohortId = run.NextCohortId(),
            PartNumber = part.Number,
            Silo = share.Silo.ToParsableString(),
            // The first successor carries on what those before it have counted together.
            Checkpoint = (index == 0 ? new CohortCheckpoint(share.Agents, lateness) { DroppedByTopic = dropped } : new CohortCheckpoint(share.Agents, new Replay.LatenessHistogram())).ToBytes(),
            UpdatedAt = now,
        });
        return new CohortChange([.. cohorts], [.. part.Gaps, .. gaps]);
    }

    private async Task<string?> PrepareAsync(CohortHandle cohort, CancellationToken cancellationToken)
    {
        try
        {
            var preparing = cohort.Grain.Prepare(new CohortOrder
            {
                ExecutionId = part.ExecutionId,
                SimulationId = run.Execution.SimulationId,
                CohortId = cohort.Id,
                Part = plan,
                Checkpoint = cohort.Checkpoint,
                Rate = run.Execution.Rate ?? plan.Playback?.Rate ?? 1,
            });
            // It may take as long as a download: what it waits for must still be there, and wanted.
            preparing.Ignore();
            while (!preparing.IsCompleted)
            {
                if (run.IsStopping) return null;
                if (!run.Silos.IsActive(cohort.Silo)) throw new SiloUnavailableException("It has left the cluster.");
                await Task.WhenAny(preparing, run.Beat(cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
            var readiness = await preparing;
            cohort.Heard(null, run.Timestamp);
            if (readiness.Error is { } error) return $"{NameOf(CohortCheckpoint.FromBytes(cohort.Checkpoint).Agents[0].InstanceId)}: {error}";
            cohort.IsPrepared = true;
            MessagesPerPass = readiness.MessagesPerPass;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            run.LogCohortLost(exception, cohort.Id, cohort.SiloName);
            cohort.IsLost = true;
        }
        return null;
    }

    private async Task AskAsync(CohortHandle cohort)
    {
        try
        {
            var report = await cohort.Grain.GetReport().WaitAsync(CommandWithin, run.Time);
            cohort.Heard(report, run.Timestamp);
            if (report is null) cohort.IsLost = true;
        }
        catch (Exception exception)
        {
            // The membership decides whether its silo is gone; until then it is asked again.
            run.LogCohortSilent(exception, cohort.Id, cohort.SiloName);
        }
    }

    private async Task<CohortOutcome?> EndAsync(CohortHandle cohort)
    {
        try
        {
            var outcome = cohort.IsLost ? null : await cohort.Grain.End().WaitAsync(EndWithin, run.Time);
            if (outcome is null) cohort.IsLost = true;
            return outcome;
        }
        catch (Exception exception)
        {
            run.LogCohortLost(exception, cohort.Id, cohort.SiloName);
            cohort.IsLost = true;
            return null;
        }
    }

    private Task CommandAsync(IEnumerable<CohortHandle> cohorts, Func<CohortHandle, Task> command) => Task.WhenAll(cohorts.Select(async cohort =>
    {
        try
        {
            await command(cohort).WaitAsync(CommandWithin, run.Time);
        }
        catch (Exception exception)
        {
            run.LogCohortSilent(exception, cohort.Id, cohort.SiloName);
        }
    }));

    private string NameOf(long instanceId) => Instance.PodNameOf(run.Execution.SimulationId, instanceId);
}
