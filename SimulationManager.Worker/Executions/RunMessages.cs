using System.Globalization;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The one sentence about an execution that a person reads.</summary>
internal static class RunMessages
{
    public static string WhileRunning(Execution execution, IReadOnlyList<ExecutionPart> parts, bool overloaded)
    {
        var state = execution.PausedAt is not null ? "Paused." : Progress(execution, parts);
        return overloaded ? $"{state} The machine cannot keep up: messages go out late." : state;
    }

    public static string AtTheEnd(Execution execution, IReadOnlyList<ExecutionPart> parts) => execution.Status switch
    {
        RunStatus.Failed => parts.Select(part => part.Error).FirstOrDefault(error => error is not null) ?? "Failed.",
        RunStatus.Stopped => "Stopped.",
        _ => Completed(execution, parts),
    };

    private static string Progress(Execution execution, IReadOnlyList<ExecutionPart> parts)
    {
        var done = parts.Count(part => part.Status == RunStatus.Completed);
        if (execution.PatternType == PatternType.Parallel)
            return Invariant($"{parts.Count(part => part.Status == RunStatus.Running)} of {parts.Count} groups are running, {done} completed.");
        var current = parts.FirstOrDefault(part => part.Status == RunStatus.Running);
        if (current is not null) return Invariant($"Step {current.Number} of {parts.Count} is running.");
        return done == 0 ? "Agents are being made ready." : Invariant($"{done} of {parts.Count} steps completed; the next one starts after the pause.");
    }

    private static string Completed(Execution execution, IReadOnlyList<ExecutionPart> parts)
    {
        var unit = execution.PatternType == PatternType.Sequential ? "step" : "group";
        var silent = parts.Where(part => part.MessagesPlanned == 0).Select(part => part.Number).ToArray();
        var limited = parts.Any(part => part.MessagesPlanned > 0 && part.CurrentRepeat < part.TotalRepeats);
        var message = limited ? Invariant($"All {unit}s completed; the time limit ended some of them.") : Invariant($"All {unit}s completed.");
        return silent.Length == 0
            ? message
            : Invariant($"{message} No message to play in {unit} {string.Join(", ", silent)}: the bag is empty or has none of the chosen topics.");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
