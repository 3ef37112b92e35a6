using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>
/// Agents of one part of a run with consecutive numbers: the worker numbers those of the plan 1..n, part after part in the plan's order, and those
/// that are added to any part from there on.
/// </summary>
/// <param name="First">Number of the first.</param>
/// <param name="Last">Number of the last.</param>
/// <param name="Plan">What they play.</param>
/// <param name="Live">How the part stands.</param>
/// <param name="IsWhole">Whether the part has no others.</param>
internal sealed record PlannedAgents(long First, long Last, PlannedPart Plan, LivePart Live, bool IsWhole)
{
    public long Number => Plan.Number;
    public long Count => Last - First + 1;

    /// <summary>All agents of a run in the order of their numbers, which have no gaps.</summary>
    public static IReadOnlyList<PlannedAgents> Of(Execution run, LiveExecution state)
    {
        List<PlannedAgents> agents = [];
        long last = 0;
        foreach (var part in run.Plan.Parts)
        {
            var live = state.Parts.Single(live => live.Number == part.Number);
            var added = AgentNumbers.AddedBy(run.Parts.Single(row => row.Number == part.Number).AgentChanges);
            agents.Add(new PlannedAgents(last + 1, last + part.AutonomousAgentCount, part, live, added is null));
            agents.AddRange((added?.Ranges ?? []).Select(range => new PlannedAgents(range.First, range.Last, part, live, IsWhole: false)));
            last += part.AutonomousAgentCount;
        }
        return [.. agents.OrderBy(range => range.First)];
    }
}
