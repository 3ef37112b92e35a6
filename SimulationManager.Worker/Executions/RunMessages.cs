using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The message about an execution that a person reads, as it is stored (<see cref="RunSentences"/>).</summary>
internal static class RunMessages
{
    /// <param name="state">The run.</param>
    /// <param name="overloaded">Whether messages go out late.</param>
    public static string WhileRunning(RunState state, bool overloaded)
    {
        var sentence = state.Desired.PausedAt is not null ? RunSentences.Paused.With() : Progress(state);
        return overloaded ? RunSentences.Store(sentence, RunSentences.Overloaded.With()) : RunSentences.Store(sentence);
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
        if (silent.Length == 0) return RunSentences.Store(ended.With());
        var silence = sequential ? RunSentences.SilentSteps : RunSentences.SilentGroups;
        return RunSentences.Store(ended.With(), silence.With(string.Join(", ", silent)));
    }
}
