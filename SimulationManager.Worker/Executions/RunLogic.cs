using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// What a run does next, as pure functions: of its state, of what its coordinator has heard, and of the time. Nothing here acts;
/// whoever takes a coordinator's place decides the same from the state that was persisted.
/// </summary>
internal static class RunLogic
{
    /// <summary>How long after the limit the engines may still need before the coordinator ends the agents itself.</summary>
    private static readonly TimeSpan LimitGrace = TimeSpan.FromSeconds(2);

    /// <summary>A cohort that does not end its agents in this time is taken from its last checkpoint.</summary>
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    /// <summary>Agents that have moved need some seconds until the silos' lateness says whether it was enough.</summary>
    private static readonly TimeSpan RebalanceInterval = TimeSpan.FromSeconds(10);

    /// <summary>The state after a command. Its epoch rises also when nothing else changes: commands that were given before must not act any more.</summary>
    public static RunState Apply(RunState state, RunCommand command, DateTimeOffset now)
    {
        var desired = state.Desired with { CommandEpoch = state.Desired.CommandEpoch + 1 };
        return command switch
        {
            RunCommand.Stop => state with { Desired = desired with { Stop = true } },
            RunCommand.Pause => state with { Desired = desired with { PausedAt = desired.PausedAt ?? now } },
            RunCommand.Resume => Resume(state, desired, now),
            RunCommand.SetRate set => state with { Desired = desired with { Rate = set.Rate } },
            RunCommand.Rebalance => state with { Desired = desired with { RebalanceEpoch = desired.RebalanceEpoch + 1 } },
            RunCommand.Seek seek => state with { Desired = desired with { SeekEpoch = desired.SeekEpoch + 1, SeekPosition = seek.Position, ReleasedBefore = desired.Released } },
            RunCommand.InjectFaults inject => state with { Desired = desired, Parts = [.. state.Parts.Select(part => Inject(part, inject, desired.CommandEpoch))] },
            RunCommand.Release release => state with { Desired = desired.PausedAt is null ? desired : desired with { Released = desired.Released + release.Messages } },
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "Not a command."),
        };
    }

    /// <summary>What is to be done next.</summary>
    public static RunDecision Decide(RunState state, RunObservations seen, RebalancePolicy policy, DateTimeOffset now)
    {
        if (state.Status.IsTerminal()) return RunDecision.Nothing;
        if (state.Status == RunStatus.Pending) return Save(state with { Status = state.Status.MoveTo(RunStatus.Running), StartedAt = now });
        List<long> unassigned = [];
        foreach (var part in ActiveParts(state, now))
        {
            if (DecidePart(state, part, seen, policy, now, unassigned) is { } save) return new RunDecision(save, []);
        }
        return state.Desired.Stop && state.Parts.All(part => part.Cohorts.Count == 0) ? Save(End(state, now)) : new RunDecision(null, unassigned);
    }

    /// <summary>What a cohort is to do.</summary>
    public static Directive DirectiveFor(RunState state, long cohortId, RunObservations seen, DateTimeOffset now)
    {
        if (state.PartOf(cohortId) is not { } part) return Directive.Release;
        var waits = part.Status == RunStatus.Pending || part.Manned.All(cohort => cohort.Id != cohortId);
        var order = VerdictOn(state, part, now) is not null ? CohortOrder.End : waits ? CohortOrder.Wait : CohortOrder.Play;
        var taker = part.Cohorts.FirstOrDefault(cohort => cohort.Source == cohortId && seen[cohort.Id].Report is { Phase: CohortPhase.Ready });
        var left = part.Limit - part.Elapsed(state.Desired, now);
        return new Directive
        {
            Version = state.Version,
            Order = order,
            Paused = state.Desired.PausedAt is not null,
            Rate = state.Desired.Rate ?? part.Plan.Playback?.Rate ?? 1,
            SeekEpoch = state.Desired.SeekEpoch,
            SeekPosition = state.Desired.SeekPosition,
            Released = state.Desired.Released,
            ReleasedBefore = state.Desired.ReleasedBefore,
            Left = left > TimeSpan.Zero ? left : TimeSpan.Zero,
            HandOver = taker is null ? null : new HandOver(taker.Id, taker.Agents),
            Added = part.Agents.Added,
            Removed = part.Agents.Removed,
            Faults = part.Injected,
        };
    }

    /// <summary>Ends a run that cannot go on, so that it does not stay RUNNING for ever.</summary>
    /// <param name="state">The run.</param>
    /// <param name="reason">Why it cannot go on.</param>
    /// <param name="withOutcomes">Whether the agents' outcomes are made of their last checkpoints; not when that is what cannot be done.</param>
    /// <param name="now">Now.</param>
    public static RunSave GiveUp(RunState state, string reason, bool withOutcomes, DateTimeOffset now)
    {
        var running = state.Parts.Where(part => withOutcomes && part.Status == RunStatus.Running);
        var parts = state.Parts.Select(part => part.Status == RunStatus.Running ? EndedPart(state, part, RunStatus.Failed, reason, now) : part with { Cohorts = [] });
        return new RunSave(Ended(Changed(state) with { Parts = [.. parts] }, RunStatus.Failed, now))
        {
            Reason = reason,
            Endings = [.. running.Select(part => new PartEnding(part.Number, new Dictionary<long, CohortOutcome>()))],
        };
    }

    private static PartState Inject(PartState part, RunCommand.InjectFaults command, long epoch) =>
        part.Status.IsTerminal() || command.Parts.LastOrDefault(asked => asked.Part is null || asked.Part == part.Number) is not { } asked
            ? part
            : part with { Injected = InjectedFaults.Replace(part.Injected, asked.Faults, epoch) };

    private static RunState Resume(RunState state, DesiredPlayback desired, DateTimeOffset now) => state with
    {
        Desired = desired with { PausedAt = null, ReleasedBefore = desired.Released },
        Parts = [.. state.Parts.Select(part => part.Status == RunStatus.Running ? part with { PausedSeconds = part.Paused(state.Desired, now).TotalSeconds } : part)],
    };

    /// <summary>The parts that play or may begin: of steps the first that has not ended, once the pause after the one before is over.</summary>
    private static IEnumerable<PartState> ActiveParts(RunState state, DateTimeOffset now)
    {
        for (var index = 0; index < state.Parts.Count; index++)
        {
            var part = state.Parts[index];
            if (part.Status.IsTerminal()) continue;
            if (part.Cohorts.Count > 0 || MayBegin(state, index, now)) yield return part;
            if (state.IsSequential) yield break;
        }
    }

    private static bool MayBegin(RunState state, int index, DateTimeOffset now)
    {
        if (state.Desired.Stop) return false;
        if (!state.IsSequential || index == 0) return true;
        var before = state.Parts[index - 1];
        return state.Desired.PausedAt is null && now >= (before.EndedAt ?? now).AddSeconds(before.Plan.DelayAfterCompletion);
    }

    private static RunSave? DecidePart(RunState state, PartState part, RunObservations seen, RebalancePolicy policy, DateTimeOffset now, List<long> unassigned)
    {
        if (part.Cohorts.Count == 0) return Assign(state, part, [], seen, now, unassigned);
        if (VerdictOn(state, part, now) is { } verdict)
            return part.Manned.All(cohort => HasEnded(cohort, seen, now)) ? EndPart(state, part, verdict, seen, now) : null;
        // Persisted before any cohort ends its agents: a successor must not take a part for completed whose agents were ended.
        if (FailureOf(state, part, seen) is { } failure) return new RunSave(Changed(state).With(part with { Error = failure }));
        var lost = part.Cohorts.Where(cohort => seen.IsLost(cohort) || seen.WaitsInVain(part, cohort)).Select(cohort => cohort.Id).ToArray();
        if (lost.Length > 0) return Assign(state, part, lost, seen, now, unassigned);
        if (part.Unassigned > 0 && Assign(state, part, [], seen, now, unassigned) is { } added) return added;
        if (part.Status == RunStatus.Pending) return part.Cohorts.All(cohort => seen[cohort.Id].Report is { Phase: CohortPhase.Ready }) ? BeginPart(state, part, seen, now) : null;
        // Their rows say so already: the state is read anew with the save.
        if (part.Cohorts.Any(cohort => cohort.Source is { } source && seen[source].Report?.HandedOverTo == cohort.Id)) return new RunSave(Changed(state));
        if (part.Agents.Changes.Count > 0 && PlannedOf(part, seen) is { } planned && planned != part.MessagesPlanned)
            return new RunSave(Changed(state).With(part with { MessagesPlanned = planned }));
        if (part.Unassigned == 0 && part.Manned.All(cohort => seen[cohort.Id].Report is { Outcome: not null })) return EndPart(state, part, RunStatus.Completed, seen, now);
        return IsToRebalance(state, part, seen, policy, now) ? Rebalance(state, part, seen, now, unassigned) : null;
    }

    /// <summary>Whether it is time to look whether agents are to move: on request, or as the policy has it.</summary>
    private static bool IsToRebalance(RunState state, PartState part, RunObservations seen, RebalancePolicy policy, DateTimeOffset now)
    {
        if (part.Cohorts.Any(cohort => cohort.Source is not null)) return false;
        if (part.RebalanceEpoch < state.Desired.RebalanceEpoch) return true;
        var spread = seen.Spread.GetValueOrDefault(part.Number);
        if (policy == RebalancePolicy.OnRequest || seen.ActiveSilos.Count < 2 || now - spread.At < RebalanceInterval) return false;
        return part.Cohorts.Any(cohort => seen[cohort.Id].Report is { Overloaded: true })
            || (policy == RebalancePolicy.WhenUneven && (spread.Silos is null || !seen.ActiveSilos.IsSubsetOf(spread.Silos)));
    }

    private static RunSave? Rebalance(RunState state, PartState part, RunObservations seen, DateTimeOffset now, List<long> unassigned)
    {
        var next = Changed(state).With(part with { RebalanceEpoch = state.Desired.RebalanceEpoch });
        // A silo that has just joined may need some time for its first answer; it is the one that matters.
        if (seen.Candidates.TryGetValue(part.Number, out var silos) && silos.Count >= seen.ActiveSilos.Count)
            return new RunSave(next) { Rebalancing = new PartRebalancing(part.Number, AgentAssignment.Rebalance(part.Cohorts, silos), now) };
        unassigned.Add(part.Number);
        return null;
    }

    /// <summary>The state in which a part must end now whatever its agents do; null: it goes on.</summary>
    private static RunStatus? VerdictOn(RunState state, PartState part, DateTimeOffset now)
    {
        if (part.Error is not null) return RunStatus.Failed;
        if (state.Desired.Stop) return RunStatus.Stopped;
        return part.Status == RunStatus.Running && part.Elapsed(state.Desired, now) > part.Limit + LimitGrace ? RunStatus.Completed : null;
    }

    private static bool HasEnded(CohortState cohort, RunObservations seen, DateTimeOffset now) =>
        seen.IsLost(cohort) || seen[cohort.Id].Report is { Outcome: not null } || (seen[cohort.Id].EndSentAt is { } sent && now - sent > EndWithin);

    private static string? FailureOf(RunState state, PartState part, RunObservations seen) => part.Cohorts
        .Where(cohort => !seen.IsLost(cohort))
        .Select(cohort => seen[cohort.Id].Report)
        .Where(report => report is { FailedInstanceId: > 0 })
        .Select(report => state.Key.Kind == RunKind.Instance ? report!.FailedError : $"{Instance.PodNameOf(state.SimulationId, report!.FailedInstanceId)}: {report.FailedError}")
        .FirstOrDefault();

    private static RunSave? Assign(RunState state, PartState part, IReadOnlyList<long> lost, RunObservations seen, DateTimeOffset now, List<long> unassigned)
    {
        if (seen.Candidates.TryGetValue(part.Number, out var silos)) return new RunSave(Changed(state)) { Assignment = new PartAssignment(part.Number, lost, silos, now) };
        unassigned.Add(part.Number);
        return null;
    }

    private static RunSave BeginPart(RunState state, PartState part, RunObservations seen, DateTimeOffset now) => new(Changed(state).With(part with
    {
        Status = part.Status.MoveTo(RunStatus.Running),
        StartedAt = now,
        RebalanceEpoch = state.Desired.RebalanceEpoch,
        MessagesPlanned = PlannedOf(part, seen) ?? 0,
    }));

    /// <summary>What all its agents put out when nothing cuts them short, those that were added as well; null while no cohort has said it.</summary>
    private static long? PlannedOf(PartState part, RunObservations seen) => part.Manned
        .Select(cohort => seen[cohort.Id].Report)
        // Agents that do not begin at the start of the bag leave out what only a cohort that knows of them can tell.
        .Where(report => report is { MessagesPerPass: > 0 } && (part.Plan.Fleet?.Stagger is null || Equals(report.Followed?.Added, part.Agents.Added)))
        .Select(report => ((long)report!.MessagesPerPass * part.Plan.RepeatCount * part.Agents.Total) - report.MessagesLeftOut)
        .Cast<long?>().FirstOrDefault();

    private static RunSave EndPart(RunState state, PartState part, RunStatus status, RunObservations seen, DateTimeOffset now)
    {
        var outcomes = part.Cohorts.Where(cohort => seen[cohort.Id].Report is { Outcome: not null }).ToDictionary(cohort => cohort.Id, cohort => seen[cohort.Id].Report!.Outcome!);
        var next = Changed(state).With(EndedPart(state, part, status, part.Error, now));
        if (StatusOf(next).IsTerminal()) next = Ended(next, StatusOf(next), now);
        return new RunSave(next) { Endings = [new PartEnding(part.Number, outcomes)] };
    }

    private static PartState EndedPart(RunState state, PartState part, RunStatus status, string? error, DateTimeOffset now) => part with
    {
        Status = part.Status.MoveTo(status),
        EndedAt = now,
        PausedSeconds = part.Paused(state.Desired, now).TotalSeconds,
        Error = error,
        Cohorts = [],
    };

    /// <summary>Ends a run that is to stop and has nothing left to play.</summary>
    private static RunState End(RunState state, DateTimeOffset now)
    {
        var status = StatusOf(state);
        return Ended(state, status.IsTerminal() ? status : RunStatus.Stopped, now);
    }

    private static RunState Ended(RunState state, RunStatus status, DateTimeOffset now) =>
        state with { Status = state.Status.MoveTo(status), EndedAt = now, Desired = state.Desired with { PausedAt = null } };

    /// <summary>What the parts make of the run: RUNNING while one still has to play.</summary>
    private static RunStatus StatusOf(RunState state)
    {
        if (state.AnyRunning) return RunStatus.Running;
        var allEnded = state.Parts.All(part => part.Status.IsTerminal());
        foreach (var bad in (RunStatus[])[RunStatus.Failed, RunStatus.Stopped])
            if ((state.IsSequential || allEnded) && state.Parts.Any(part => part.Status == bad)) return bad;
        return allEnded ? RunStatus.Completed : RunStatus.Running;
    }

    private static RunDecision Save(RunState next) => new(new RunSave(Changed(next)), []);

    private static RunState Changed(RunState state) => state with { Version = state.Version + 1 };
}
