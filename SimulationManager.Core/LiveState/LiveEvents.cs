using SimulationManager.Core.Model;

namespace SimulationManager.Core.LiveState;

/// <summary>Says as events what has changed between two states of a run.</summary>
public static class LiveEvents
{
    private const string Started = "started";
    private const string Progressed = "progress";

    /// <summary>The events that lead from one state to the next, in the order in which they happened.</summary>
    /// <param name="before">What was published last; null when nothing was.</param>
    /// <param name="after">What is so now.</param>
    public static IEnumerable<LiveEvent> Between(LiveExecution? before, LiveExecution after)
    {
        var was = before?.Status ?? RunStatus.Pending;
        if (was == RunStatus.Pending && after.Status != RunStatus.Pending) yield return OfExecution(after, Started, after.StartedAt);
        foreach (var part in after.Parts)
        {
            foreach (var change in OfPart(after, before?.Parts.FirstOrDefault(other => other.Number == part.Number), part)) yield return change;
        }

        if (after.Status.IsTerminal())
        {
            if (!was.IsTerminal()) yield return OfExecution(after, WordOf(after.Status), after.EndedAt) with { Error = ErrorOf(after) };
        }
        else if (before is not null && after.OverallProgress > before.OverallProgress)
        {
            yield return OfExecution(after, Progressed, after.LastUpdated) with { Progress = after.OverallProgress };
        }
    }

    /// <summary>Whether something began, ended, or got or lost agents, as opposed to having come further.</summary>
    public static bool IsTransition(LiveExecution? before, LiveExecution after) =>
        before is null || before.Status != after.Status
        || after.Parts.Any(part => before.Parts.FirstOrDefault(other => other.Number == part.Number) is not { } known
            || known.Status != part.Status || known.AgentChanges.Count != part.AgentChanges.Count);

    /// <summary>The agents of the parts that have begun, which are numbered 1..n, part after part, in the plan's order, and those that were added.</summary>
    public static IEnumerable<LiveEvent> InstancesStarted(LiveExecution? before, LiveExecution after, ExecutionPlan plan)
    {
        long first = 1;
        foreach (var planned in plan.Parts)
        {
            var part = after.Parts.Single(other => other.Number == planned.Number);
            var known = before?.Parts.FirstOrDefault(other => other.Number == planned.Number);
            if (part.StartedAt is { } at && known?.StartedAt is null)
            {
                for (var instance = first; instance < first + planned.AutonomousAgentCount; instance++)
                    yield return OfPart(after, part, "instance", Started, at) with { InstanceId = instance };
            }
            foreach (var change in part.AgentChanges.Skip(known?.AgentChanges.Count ?? 0).Where(change => change.Count > 0))
            {
                foreach (var instance in change.Agents.SelectMany(range => range.Numbers()))
                    yield return OfPart(after, part, "instance", Started, change.At) with { InstanceId = instance };
            }

            first += planned.AutonomousAgentCount;
        }
    }

    /// <summary>How an agent of a run has ended.</summary>
    public static LiveEvent InstanceEnded(LiveExecution state, ExecutionInstance instance, DateTimeOffset time) =>
        OfPart(state, state.Parts.Single(part => part.Number == instance.PartNumber), "instance", WordOf(instance.Status), time) with
        {
            InstanceId = instance.InstanceId,
            Error = instance.Error,
        };

    /// <summary>An agent that was added by hand has begun or ended.</summary>
    public static LiveEvent OfManualInstance(long simulationId, long instanceId, RunStatus status, string? error, DateTimeOffset time) => new()
    {
        Type = $"instance.{(status == RunStatus.Running ? Started : WordOf(status))}",
        Time = time,
        SimulationId = simulationId,
        InstanceId = instanceId,
        Error = error,
    };

    private static IEnumerable<LiveEvent> OfPart(LiveExecution state, LivePart? before, LivePart part)
    {
        var kind = state.PatternType == PatternType.Sequential ? "step" : "group";
        if (part.StartedAt is { } startedAt && before?.StartedAt is null) yield return OfPart(state, part, kind, Started, startedAt);
        if (part.Status.IsTerminal())
        {
            if (before is null || !before.Status.IsTerminal())
                yield return OfPart(state, part, kind, WordOf(part.Status), part.EndedAt ?? state.LastUpdated) with { Progress = part.Progress, Error = part.Error };
        }
        else if (before is not null && part.Progress > before.Progress)
        {
            yield return OfPart(state, part, kind, Progressed, state.LastUpdated) with { Progress = part.Progress };
        }
    }

    private static LiveEvent OfExecution(LiveExecution state, string what, DateTimeOffset? time) => new()
    {
        Type = $"execution.{what}",
        Time = time ?? state.LastUpdated,
        SimulationId = state.SimulationId,
        ExecutionId = state.ExecutionId,
        Progress = state.OverallProgress,
    };

    private static LiveEvent OfPart(LiveExecution state, LivePart part, string kind, string what, DateTimeOffset time) => new()
    {
        Type = $"{kind}.{what}",
        Time = time,
        SimulationId = state.SimulationId,
        ExecutionId = state.ExecutionId,
        StepOrder = state.PatternType == PatternType.Sequential ? part.Number : null,
        GroupId = state.PatternType == PatternType.Parallel ? part.Number : null,
    };

    private static string WordOf(RunStatus status) => status switch
    {
        RunStatus.Completed => "completed",
        RunStatus.Failed => "failed",
        RunStatus.Stopped => "stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Only an end has a word."),
    };

    private static string? ErrorOf(LiveExecution state) =>
        state.Status == RunStatus.Failed ? state.Parts.Select(part => part.Error).FirstOrDefault(error => error is not null) ?? RunSentences.InEnglish(state.Message) : null;
}
