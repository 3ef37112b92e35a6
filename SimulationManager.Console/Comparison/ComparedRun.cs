using System.Text.Json;
using SimulationManager.Console.Api;

namespace SimulationManager.Console.Comparison;

/// <summary>One of two runs that are compared.</summary>
/// <param name="Run">Which it is.</param>
/// <param name="Simulation">Name of its simulation.</param>
/// <param name="Report">What came out of it.</param>
/// <param name="Plan">Its frozen plan.</param>
internal sealed record ComparedRun(RunKey Run, string Simulation, ExecutionReport Report, JsonElement Plan)
{
    private readonly ExecutionPlan _plan = Plan.Deserialize(ConsoleJson.Default.ExecutionPlan)!;

    public RunFigures Whole => RunFigures.Of(Report, _plan.Parts.Any(part => part.Loops));

    /// <summary>Null when it has no such part.</summary>
    public RunFigures? Of(PartReport? part) => part is null ? null : RunFigures.Of(part, PlanOf(part)?.Loops == true);

    /// <summary>What people call a part.</summary>
    public string? NameOf(PartReport? part) => part is null ? null : PlanOf(part)?.Name;

    private PlanPart? PlanOf(PartReport part) => _plan.Parts.FirstOrDefault(one => one.Number == part.Number);
}
