using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>How far a run has come, made of its cohorts' reports. What was shown once never goes back.</summary>
internal sealed class RunProgress
{
    private readonly Dictionary<long, PartCounts> _parts = [];
    private double _overall;

    /// <summary>Starts from what was shown before this coordinator.</summary>
    public void Restore(LiveExecution shown)
    {
        _overall = Math.Max(_overall, shown.OverallProgress);
        foreach (var part in shown.Parts) _parts[part.Number] = Max(_parts.GetValueOrDefault(part.Number), new PartCounts(part.Progress, part.CurrentRepeat, part.MessagesOut));
    }

    /// <summary>The run as status readers see it.</summary>
    public LiveExecution View(RunState state, RunObservations seen, DateTimeOffset now)
    {
        foreach (var part in state.Parts)
            _parts[part.Number] = part.Status.IsTerminal() ? part.Counts : Max(_parts.GetValueOrDefault(part.Number), CountsNow(state, part, seen, now));
        var parts = state.Parts.Select(part => ViewOf(part, _parts[part.Number], seen)).ToArray();
        _overall = state.Status == RunStatus.Completed ? 100 : Math.Max(_overall, Floor(parts.Average(part => part.Progress)));
        return new LiveExecution
        {
            ExecutionId = state.Key.Id,
            SimulationId = state.SimulationId,
            PatternType = state.Plan.PatternType,
            Status = state.Status,
            Message = state.Status.IsTerminal() ? state.Message : RunMessages.WhileRunning(state, state.Parts.SelectMany(part => part.Cohorts).Any(cohort => seen[cohort.Id].Report is { Overloaded: true }), parts.SelectMany(part => part.Endpoints)),
            CreatedAt = state.CreatedAt,
            LastUpdated = state.EndedAt ?? now,
            StartedAt = state.StartedAt,
            EndedAt = state.EndedAt,
            OverallProgress = _overall,
            MessagesOut = parts.Sum(part => part.MessagesOut),
            Parts = parts,
            Playback = PlaybackOf(state, seen, now),
            Recording = state.Plan.Record is null || state.Status.IsTerminal() ? null : RecordingOf(state, seen),
        };
    }

    /// <summary>Cohorts of a silo record together.</summary>
    private static RecordingStatus RecordingOf(RunState state, RunObservations seen) => state.Parts.SelectMany(part => part.Cohorts)
        .Select(cohort => (cohort.Silo, seen[cohort.Id].Report?.Recording)).Where(cohort => cohort.Recording is not null)
        .GroupBy(cohort => cohort.Silo).Select(silo => silo.MaxBy(cohort => cohort.Recording!.Messages).Recording!)
        .Aggregate(new RecordingStatus(), RecordingStatus.Sum);

    private static LivePlayback PlaybackOf(RunState state, RunObservations seen, DateTimeOffset now)
    {
        var playing = state.Parts.Where(part => part.Status == RunStatus.Running)
            .SelectMany(part => part.Manned.Select(cohort => (cohort.Id, seen[cohort.Id].Report, Agents: AgentsOf(part, cohort, seen[cohort.Id].Report))))
            .Where(cohort => cohort.Report is not { Outcome: not null }).ToArray();
        return new LivePlayback
        {
            Paused = state.Desired.PausedAt is not null,
            Rate = state.Desired.Rate,
            Position = state.Desired.SeekEpoch == 0 ? null : state.Desired.SeekPosition,
            Released = state.Desired.Released - state.Desired.ReleasedBefore,
            Agents = playing.Sum(cohort => cohort.Agents),
            AgentsReached = playing.Where(cohort => RunLogic.DirectiveFor(state, cohort.Id, seen, now).IsReachedBy(cohort.Report?.Followed)).Sum(cohort => cohort.Agents),
        };
    }

    /// <summary>How many agents of a cohort are to follow commands: those that were removed are not.</summary>
    private static int AgentsOf(PartState part, CohortState cohort, CohortReport? report) =>
        part.Agents.Removed is null || report is not { PlayedAgents: > 0 } ? cohort.Agents : report.PlayedAgents;

    private static LivePart ViewOf(PartState part, PartCounts counts, RunObservations seen) => new()
    {
        Number = part.Number,
        Status = part.Status,
        Progress = counts.Progress,
        AutonomousAgents = part.Agents.Count,
        AgentChanges = [.. part.Agents.Changes],
        InjectedFaults = [.. part.Injected?.Faults ?? []],
        CurrentRepeat = counts.CurrentRepeat,
        TotalRepeats = part.Plan.RepeatCount,
        MessagesPlanned = part.MessagesPlanned,
        MessagesOut = counts.MessagesOut,
        StartedAt = part.StartedAt,
        EndedAt = part.EndedAt,
        Error = part.Error,
        Endpoints = part.Status.IsTerminal()
            ? [.. part.Endpoints]
            : [.. EndpointShare.Sum(part.Cohorts.Select(cohort => seen[cohort.Id].Report?.Endpoints ?? [])).Select(share => share.ToReport())],
        Faults = part.Status.IsTerminal()
            ? part.Faults.ToDictionary()
            : FleetPlans.ReportOf(part.Cohorts.Aggregate(default(FaultCounts), (sum, cohort) => sum + FaultCounts.FromArray(seen[cohort.Id].Report?.Faults))),
    };

    private static PartCounts CountsNow(RunState state, PartState part, RunObservations seen, DateTimeOffset now)
    {
        if (part.Status != RunStatus.Running) return part.Counts;
        var reports = part.Manned.Select(cohort => seen[cohort.Id].Report).OfType<CohortReport>().ToArray();
        // Agents that are to end may still be among those that were counted, and agents that were added not yet.
        var played = reports.Sum(report => report.Played) / Math.Max(part.Agents.Count, reports.Sum(report => report.PlayedAgents));
        var elapsed = part.Limit <= TimeSpan.Zero ? 1 : part.Elapsed(state.Desired, now) / part.Limit;
        // One decimal, rounded down so that 100 means done.
        var progress = Floor(Math.Clamp(Math.Max(played, elapsed), 0, 1) * 100);
        // Without a cohort's report the sums would be of fewer agents than before.
        if (reports.Length < part.Manned.Count()) return part.Counts with { Progress = progress };
        return new PartCounts(
            progress,
            Math.Min(part.Plan.RepeatCount, reports.Min(report => report.RepeatsDone)),
            reports.Sum(report => report.MessagesOut));
    }

    private static PartCounts Max(PartCounts one, PartCounts other) => new(
        Math.Max(one.Progress, other.Progress), Math.Max(one.CurrentRepeat, other.CurrentRepeat),
        Math.Max(one.MessagesOut, other.MessagesOut));

    private static double Floor(double percent) => Math.Floor(percent * 10) / 10;
}
