using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>The agents of one part of a run: the worker numbers them 1..n, part after part in the plan's order.</summary>
/// <param name="First">Number of the first.</param>
/// <param name="Last">Number of the last.</param>
/// <param name="Plan">What they play.</param>
/// <param name="Live">How the part stands.</param>
internal sealed record PlannedAgents(long First, long Last, PlannedPart Plan, LivePart Live)
{
    public long Number => Plan.Number;
    public long Count => Last - First + 1;

    public static IReadOnlyList<PlannedAgents> Of(ExecutionPlan plan, LiveExecution state)
    {
        List<PlannedAgents> parts = [];
        long last = 0;
        foreach (var part in plan.Parts)
        {
            parts.Add(new PlannedAgents(last + 1, last + part.AutonomousAgentCount, part, state.Parts.Single(live => live.Number == part.Number)));
            last += part.AutonomousAgentCount;
        }
        return parts;
    }
}
