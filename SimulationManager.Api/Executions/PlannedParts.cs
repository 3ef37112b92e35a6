using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>Finds the step or group of a run that a client names.</summary>
internal static class PlannedParts
{
    /// <summary>Its number in the plan; null: none is named.</summary>
    /// <exception cref="RefusalException">The plan has no such step or group (404).</exception>
    public static long? NumberOf(ExecutionPlan plan, int? stepOrder, long? groupId)
    {
        var isSequential = plan.PatternType == PatternType.Sequential;
        if (stepOrder is { } step && !(isSequential && plan.Parts.Any(part => part.Number == step))) throw Refuse.NotFound(Messages.StepNotFound, step);
        if (groupId is { } group && (isSequential || plan.Parts.All(part => part.Number != group))) throw Refuse.NotFound(Messages.GroupNotFound, group);
        return stepOrder ?? groupId;
    }
}
