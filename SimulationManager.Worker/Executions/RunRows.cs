using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Turns the rows of an execution into a <see cref="RunState"/> and writes a change of it into them. The caller reads and writes
/// the rows in one transaction.
/// </summary>
internal static class RunRows
{
    /// <summary>Sets cohorts of different assignments apart: an assignment makes one per silo and seek epoch.</summary>
    public const long CohortsPerVersion = 100_000;

    /// <summary>The state that rows hold.</summary>
    public static RunState StateOf(Execution row, IEnumerable<(long PartNumber, CohortState Cohort)> cohorts)
    {
        var byPart = cohorts.ToLookup(pair => pair.PartNumber, pair => pair.Cohort);
        var first = 1L;
        List<PartState> parts = [];
        foreach (var plan in row.Plan.Parts)
        {
            var part = row.Parts.Single(part => part.Number == plan.Number);
            parts.Add(PartOf(plan, part, byPart[plan.Number], new AgentRoster(new AgentRange(first, first + plan.AutonomousAgentCount - 1), part.AgentChanges)));
            first += plan.AutonomousAgentCount;
        }
        return new RunState
        {
            Key = new RunKey(RunKind.Execution, row.Id),
            SimulationId = row.SimulationId,
            Plan = row.Plan,
            CreatedAt = row.CreatedAt,
            TraceParent = row.TraceParent,
            Version = row.StateVersion,
            Status = row.Status,
            StartedAt = row.StartedAt,
            EndedAt = row.EndedAt,
            Message = row.Message,
            Desired = new DesiredPlayback
            {
                CommandEpoch = row.CommandEpoch,
                Stop = row.StopRequested,
                PausedAt = row.PausedAt,
                Rate = row.Rate,
                SeekEpoch = row.SeekEpoch,
                SeekPosition = row.SeekPosition,
                Released = row.Released,
                ReleasedBefore = row.ReleasedBefore,
                RebalanceEpoch = row.RebalanceEpoch,
            },
            Parts = parts,
        };
    }

    /// <summary>The cohorts whose checkpoints a change needs. It takes them away, unless it only removes agents.</summary>
    public static IReadOnlyList<long> CohortsOf(RunState before, RunSave save) => save.Removal is { } removal
        ? [.. before.Parts.Single(part => part.Number == removal.Number).Cohorts.Select(cohort => cohort.Id)]
        : [.. before.Parts.SelectMany(part => part.Cohorts).Select(cohort => cohort.Id).Where(id => save.Assignment?.Replaced.Contains(id) ?? save.Next.PartOf(id) is null)];

    /// <summary>Writes a change into the rows.</summary>
    /// <param name="row">The execution with its parts.</param>
    /// <param name="save">The change.</param>
    /// <param name="taken">The cohorts that <see cref="CohortsOf"/> names, with their last checkpoints.</param>
    /// <returns>The cohorts that are new, and the agents that have ended.</returns>
    public static (IReadOnlyList<ExecutionCohort> Cohorts, IReadOnlyList<ExecutionInstance> Instances) Write(Execution row, RunSave save, IReadOnlyList<ExecutionCohort> taken)
    {
        var next = save.Next;
        row.StateVersion = next.Version;
        (row.Status, row.StartedAt, row.EndedAt) = (next.Status, next.StartedAt, next.EndedAt);
        (row.StopRequested, row.PausedAt, row.Rate, row.SeekEpoch, row.SeekPosition) =
            (next.Desired.Stop, next.Desired.PausedAt, next.Desired.Rate, next.Desired.SeekEpoch, next.Desired.SeekPosition);
        (row.Released, row.ReleasedBefore) = (next.Desired.Released, next.Desired.ReleasedBefore);
        (row.CommandEpoch, row.RebalanceEpoch) = (next.Desired.CommandEpoch, next.Desired.RebalanceEpoch);
        foreach (var part in next.Parts) Write(row.Parts.Single(other => other.Number == part.Number), part);
        if (save.Removal is { } removal) Remove(row, next, removal, taken);
        IReadOnlyList<ExecutionCohort> cohorts = save.Assignment is { } assignment ? Assign(row, next, assignment, taken) : save.Rebalancing is { } rebalancing ? Rebalance(row, next, rebalancing) : [];
        IReadOnlyList<ExecutionInstance> instances = [.. save.Endings.SelectMany(ending => End(row.Parts.Single(part => part.Number == ending.Number), next, ending, taken))];
        if (next.Status.IsTerminal()) Conclude(row, save);
        return (cohorts, instances);
    }

    private static PartState PartOf(PlannedPart plan, ExecutionPart row, IEnumerable<CohortState> cohorts, AgentRoster agents) => new()
    {
        Plan = plan,
        Agents = agents,
        Status = row.Status,
        StartedAt = row.StartedAt,
        EndedAt = row.EndedAt,
        PausedSeconds = row.PausedSeconds,
        MessagesPlanned = row.MessagesPlanned,
        RebalanceEpoch = row.RebalanceEpoch,
        Error = row.Error,
        Gaps = row.Gaps,
        Endpoints = row.Endpoints,
        Faults = row.Faults,
        Injected = InjectedFaults.Of(row.InjectedFaults),
        Counts = new PartCounts(row.Progress, row.CurrentRepeat, row.MessagesOut),
        Cohorts = [.. cohorts.OrderBy(cohort => cohort.Id)],
    };

    private static void Write(ExecutionPart row, PartState part)
    {
        (row.Status, row.StartedAt, row.EndedAt, row.PausedSeconds) = (part.Status, part.StartedAt, part.EndedAt, part.PausedSeconds);
        (row.MessagesPlanned, row.RebalanceEpoch, row.Error) = (part.MessagesPlanned, part.RebalanceEpoch, part.Error);
        (row.AutonomousAgents, row.AgentChanges) = (part.Agents.Count, [.. part.Agents.Changes]);
        row.InjectedFaults = [.. part.Injected?.Faults ?? []];
    }

    private static List<ExecutionCohort> Assign(Execution row, RunState state, PartAssignment assignment, IReadOnlyList<ExecutionCohort> replaced)
    {
        var part = state.Parts.Single(other => other.Number == assignment.Number);
        // A position that was set before a later step was made ready is not one of its own.
        var seekEpoch = state.IsSequential && part != state.Parts[0] ? state.Desired.SeekEpoch : 0;
        // The others are still without agents.
        replaced = [.. replaced.Where(cohort => cohort.SourceId is null)];
        var checkpoints = replaced.Select(cohort => CohortCheckpoint.FromBytes(cohort.Checkpoint)).ToList();
        if (part.Cohorts.Count == 0) checkpoints.Add(CohortCheckpoint.Fresh(part.Agents.Numbers()) with { SeekEpoch = seekEpoch });
        else if (assignment.Replaced.Count == 0) checkpoints.AddRange(AgentChanges.Begin(part));
        // Agents that were only made ready have not been missed.
        if (part.Status == RunStatus.Running)
        {
            var partRow = row.Parts.Single(other => other.Number == part.Number);
            partRow.Gaps = [.. partRow.Gaps, .. replaced.Select(cohort => GapOf(cohort, part, assignment.At))];
        }
        List<ExecutionCohort> cohorts = [];
        // Agents that have followed the same commands go on together.
        foreach (var checkpoint in checkpoints.GroupBy(checkpoint => checkpoint.SeekEpoch).Select(CohortCheckpoint.Join))
        {
            foreach (var (silo, share) in checkpoint.WithoutRemoved(part.Agents.Removed).Split(assignment.Silos))
            {
                cohorts.Add(new ExecutionCohort
                {
                    ExecutionId = row.Id,
                    CohortId = (state.Version * CohortsPerVersion) + cohorts.Count,
                    PartNumber = part.Number,
                    Silo = silo.ToParsableString(),
                    Agents = share.Agents.Count,
                    Checkpoint = share.ToBytes(),
                    UpdatedAt = assignment.At,
                });
            }
        }
        return cohorts;
    }

    /// <summary>Cohorts without agents, which get ready to take some over.</summary>
    private static List<ExecutionCohort> Rebalance(Execution row, RunState state, PartRebalancing rebalancing) => [.. rebalancing.Moves.Select((move, index) => new ExecutionCohort
    {
        ExecutionId = row.Id,
        CohortId = (state.Version * CohortsPerVersion) + index,
        PartNumber = rebalancing.Number,
        Silo = move.Silo.ToParsableString(),
        Agents = move.Agents,
        SourceId = move.CohortId,
        Checkpoint = CohortCheckpoint.Fresh([]).ToBytes(),
        UpdatedAt = rebalancing.At,
    })];

    /// <summary>From the last checkpoint, or the part's start when there was none, until now; silos' clocks differ.</summary>
    private static PlaybackGap GapOf(ExecutionCohort cohort, PartState part, DateTimeOffset now)
    {
        var from = cohort.UpdatedAt > part.StartedAt ? cohort.UpdatedAt : part.StartedAt!.Value;
        return new PlaybackGap(cohort.Silo, cohort.Agents, from < now ? from : now, now);
    }

    private static void Remove(Execution row, RunState state, PartRemoval removal, IReadOnlyList<ExecutionCohort> cohorts)
    {
        var part = state.Parts.Single(other => other.Number == removal.Number);
        if (AgentChanges.ChangeOf(part, removal, cohorts.Select(cohort => CohortCheckpoint.FromBytes(cohort.Checkpoint))) is { } change)
            Write(row.Parts.Single(other => other.Number == part.Number), part with { Agents = part.Agents.With(change) });
    }

    private static IReadOnlyList<ExecutionInstance> End(ExecutionPart part, RunState state, PartEnding ending, IReadOnlyList<ExecutionCohort> cohorts)
    {
        List<(string? Silo, CohortOutcome Outcome)> outcomes = [.. cohorts.Where(cohort => cohort.PartNumber == part.Number).Select(cohort => (cohort.Silo, OutcomeOf(cohort, ending)))];
        // Agents that were added and that no silo has had.
        var known = outcomes.SelectMany(outcome => outcome.Outcome.Instances).Select(instance => instance.InstanceId).ToHashSet();
        long[] never = [.. (state.Parts.Single(other => other.Number == part.Number).Agents.Added?.Numbers() ?? []).Where(number => !known.Contains(number))];
        if (never.Length > 0) outcomes.Add((null, CohortOutcome.Of(CohortCheckpoint.Fresh(never))));
        // The row is some seconds behind what was shown, which must not go back.
        part.Progress = Math.Max(part.Progress, ending.Shown);
        PartOutcome.Apply(part, outcomes);
        return PartOutcome.InstancesOf(part, outcomes);
    }

    /// <summary>What the cohort reported, if that is of the agents that it has: some may have been handed over to it at the last moment.</summary>
    private static CohortOutcome OutcomeOf(ExecutionCohort cohort, PartEnding ending)
    {
        var checkpoint = CohortCheckpoint.FromBytes(cohort.Checkpoint);
        return ending.Outcomes.TryGetValue(cohort.CohortId, out var outcome) && outcome.Instances.Count == checkpoint.Agents.Count ? outcome : CohortOutcome.Of(checkpoint);
    }

    private static void Conclude(Execution row, RunSave save)
    {
        var parts = row.Plan.Parts.Select(plan => row.Parts.Single(part => part.Number == plan.Number)).ToArray();
        row.MessagesOut = parts.Sum(part => part.MessagesOut);
        row.MessagesDropped = parts.Sum(part => part.MessagesDropped);
        row.OverallProgress = row.Status == RunStatus.Completed ? 100 : Math.Max(row.OverallProgress, Math.Floor(parts.Average(part => part.Progress) * 10) / 10);
        row.Lateness = PartOutcome.Summarise(PartOutcome.LatenessOf(parts));
        row.Message = save.Reason ?? RunMessages.AtTheEnd(row, parts);
        row.LastUpdated = save.Next.EndedAt!.Value;
    }
}
