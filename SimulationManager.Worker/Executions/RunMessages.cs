using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The one sentence about an execution that a person reads.</summary>
internal static class RunMessages
{
    /// <param name="execution">The run.</param>
    /// <param name="parts">Its parts in the plan's order.</param>
    /// <param name="isOccupied">Whether a part plays or is made ready; if not, the run waits for the next one's time.</param>
    /// <param name="overloaded">Whether messages go out late.</param>
    public static string WhileRunning(Execution execution, IReadOnlyList<ExecutionPart> parts, bool isOccupied, bool overloaded)
    {
        var state = execution.PausedAt is not null ? RunSentences.Paused.Say() : Progress(execution, parts, isOccupied);
        return overloaded ? $"{state} {RunSentences.Overloaded.Say()}" : state;
    }

    public static string AtTheEnd(Execution execution, IReadOnlyList<ExecutionPart> parts) => execution.Status switch
    {
        RunStatus.Failed => parts.Select(part => part.Error).FirstOrDefault(error => error is not null) ?? RunSentences.Failed.Say(),
        RunStatus.Stopped => RunSentences.Stopped.Say(),
        _ => Completed(execution, parts),
    };

    private static string Progress(Execution execution, IReadOnlyList<ExecutionPart> parts, bool isOccupied)
    {
        var done = parts.Count(part => part.Status == RunStatus.Completed);
        if (parts.FirstOrDefault(part => part.Status == RunStatus.Running) is not { } current)
            return isOccupied || done == 0 ? RunSentences.MakingReady.Say() : RunSentences.BetweenSteps.Say(done, parts.Count);
        return execution.PatternType == PatternType.Parallel
            ? RunSentences.Groups.Say(parts.Count(part => part.Status == RunStatus.Running), parts.Count, done)
            : RunSentences.Step.Say(current.Number, parts.Count);
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
        if (silent.Length == 0) return ended.Say();
        var silence = sequential ? RunSentences.SilentSteps : RunSentences.SilentGroups;
        return $"{ended.Say()} {silence.Say(string.Join(", ", silent))}";
    }
}
