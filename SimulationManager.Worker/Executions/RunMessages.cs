using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The message about an execution that a person reads, as it is stored (<see cref="RunSentences"/>).</summary>
internal static class RunMessages
{
    /// <param name="state">The run.</param>
    /// <param name="overloaded">Whether messages go out late.</param>
    /// <param name="endpoints">Where its agents publish.</param>
    public static string WhileRunning(RunState state, bool overloaded, IEnumerable<EndpointReport> endpoints)
    {
        List<FilledSentence> message = [state.Desired.PausedAt is not null ? RunSentences.Paused.With() : Progress(state)];
        if (overloaded) message.Add(RunSentences.Overloaded.With());
        if (state.Plan.UnknownSite is { } site) message.Add(RunSentences.SiteUnknown.With(site));
        if (endpoints.FirstOrDefault(endpoint => endpoint.Error is not null) is { } away) message.Add(RunSentences.EndpointAway.With(away.Endpoint, away.Error!));
        return RunSentences.Store(message);
    }

    public static string AtTheEnd(Execution execution, IReadOnlyList<ExecutionPart> parts) => execution.Status switch
    {
        RunStatus.Failed => parts.Select(part => part.Error).FirstOrDefault(error => error is not null) ?? RunSentences.Store(RunSentences.Failed.With()),
        RunStatus.Stopped => RunSentences.Store(RunSentences.Stopped.With()),
        _ => Completed(execution, parts),
    };

    private static FilledSentence Progress(RunState state)
    {
        var done = state.Parts.Count(part => part.Status == RunStatus.Completed);
        if (state.Parts.FirstOrDefault(part => part.Status == RunStatus.Running) is not { } current)
        {
            var isMadeReady = done == 0 || state.Parts.Any(part => part.Cohorts.Count > 0);
            return isMadeReady ? RunSentences.MakingReady.With() : RunSentences.BetweenSteps.With(done, state.Parts.Count);
        }
        return state.IsSequential
            ? RunSentences.Step.With(current.Number, state.Parts.Count)
            : RunSentences.Groups.With(state.Parts.Count(part => part.Status == RunStatus.Running), state.Parts.Count, done);
    }

    private static string Completed(Execution execution, IReadOnlyList<ExecutionPart> parts)
    {
        var sequential = execution.PatternType == PatternType.Sequential;
        var silent = parts.Where(part => part.MessagesPlanned == 0).Select(part => part.Number).ToArray();
        var limited = parts.Any(part => part.MessagesPlanned > 0 && part.CurrentRepeat < part.TotalRepeats);
        var ended = (sequential, limited) switch
        {
            (true, true) => RunSentences.StepsLimited,
            (true, false) => RunSentences.StepsCompleted,
            (false, true) => RunSentences.GroupsLimited,
            (false, false) => RunSentences.GroupsCompleted,
        };
        List<FilledSentence> message = [ended.With()];
        if (silent.Length > 0) message.Add((sequential ? RunSentences.SilentSteps : RunSentences.SilentGroups).With(string.Join(", ", silent)));
        if (execution.Plan.UnknownSite is { } site) message.Add(RunSentences.SiteUnknown.With(site));
        return RunSentences.Store(message);
    }
}
