using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The message about an execution that a person reads, as it is stored (<see cref="RunSentences"/>).</summary>
internal static class RunMessages
{
    /// <param name="execution">The run.</param>
    /// <param name="parts">Its parts in the plan's order.</param>
    /// <param name="isOccupied">Whether a part plays or is made ready; if not, the run waits for the next one's time.</param>
    /// <param name="overloaded">Whether messages go out late.</param>
    public static string WhileRunning(Execution execution, IReadOnlyList<ExecutionPart> parts, bool isOccupied, bool overloaded)
    {
        var state = execution.PausedAt is not null ? RunSentences.Paused.With() : Progress(execution, parts, isOccupied);
        return overloaded ? RunSentences.Store(state, RunSentences.Overloaded.With()) : RunSentences.Store(state);
    }

    public static string AtTheEnd(Execution execution, IReadOnlyList<ExecutionPart> parts) => execution.Status switch
    {
        RunStatus.Failed => parts.Select(part => part.Error).FirstOrDefault(error => error is not null) ?? RunSentences.Store(RunSentences.Failed.With()),
        RunStatus.Stopped => RunSentences.Store(RunSentences.Stopped.With()),
        _ => Completed(execution, parts),
    };

    private static FilledSentence Progress(Execution execution, IReadOnlyList<ExecutionPart> parts, bool isOccupied)
    {
        var done = parts.Count(part => part.Status == RunStatus.Completed);
        if (parts.FirstOrDefault(part => part.Status == RunStatus.Running) is not { } current)
            return isOccupied || done == 0 ? RunSentences.MakingReady.With() : RunSentences.BetweenSteps.With(done, parts.Count);
        return execution.PatternType == PatternType.Parallel
            ? RunSentences.Groups.With(parts.Count(part => part.Status == RunStatus.Running), parts.Count, done)
            : RunSentences.Step.With(current.Number, parts.Count);
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
