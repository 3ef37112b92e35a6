using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Shapes simulations as the contract has them.</summary>
internal static class SimulationViews
{
    public static SimulationCreated Created(Simulation simulation) => new(
        simulation.Id,
        simulation.Name,
        simulation.Description,
        simulation.PatternType.ToWire(),
        simulation.Status.ToWire(),
        simulation.Namespace,
        simulation.MecId,
        simulation.CreatedAt,
        simulation.Steps.Concat<PatternPart>(simulation.Groups).Sum(part => (long)part.AutonomousAgentCount));

    public static SimulationDetail Detail(Simulation simulation, LatestExecutionView latest) => new(
        simulation.Id,
        simulation.Name,
        simulation.Description,
        simulation.PatternType.ToWire(),
        simulation.MecId,
        simulation.Namespace,
        simulation.CreatedAt,
        Plan(simulation),
        latest);

    public static ExecutionPlanView Plan(Simulation simulation) => simulation.PatternType == PatternType.Sequential
        ? new ExecutionPlanView { Steps = [.. simulation.Steps.OrderBy(step => step.StepOrder).Select(Step)] }
        : new ExecutionPlanView { Groups = [.. simulation.Groups.OrderBy(group => group.Id).Select(Group)] };

    public static ExecutionPlanView Plan(ExecutionPlan plan) => plan.PatternType == PatternType.Sequential
        ? new ExecutionPlanView { Steps = [.. plan.Parts.Select(Step)] }
        : new ExecutionPlanView { Groups = [.. plan.Parts.Select(Group)] };

    public static StepView Step(SimulationStep step) => new(
        step.StepOrder,
        step.TemplateId,
        step.Template!.Name,
        step.Template.Type,
        step.AutonomousAgentCount,
        step.RepeatCount,
        step.ExecutionTime,
        step.DelayAfterCompletion,
        step.Playback);

    public static GroupView Group(SimulationGroup group) => new(
        group.Id,
        null,
        null,
        group.TemplateId,
        group.Template!.Name,
        group.Template.Type,
        group.AutonomousAgentCount,
        group.RepeatCount,
        group.ExecutionTime,
        group.Playback);

    /// <summary>Before the first run there is a stand-in: the portal reads it unasked.</summary>
    public static LatestExecutionView NeverRun(Simulation simulation) => new(
        0,
        RunStatus.Pending.ToWire(),
        new ExecutionTimestamps { CreatedAt = simulation.CreatedAt, LastUpdated = simulation.UpdatedAt },
        new OverallProgressView(0));

    public static LatestExecutionView Latest(LiveExecution state) => new(
        state.ExecutionId, state.Status.ToWire(), Timestamps(state), new OverallProgressView(state.OverallProgress));

    public static ExecutionTimestamps Timestamps(LiveExecution state) => new()
    {
        CreatedAt = state.CreatedAt,
        LastUpdated = state.LastUpdated,
        StartedAt = state.StartedAt,
        CompletedAt = state.Status == RunStatus.Completed ? state.EndedAt : null,
        FailedAt = state.Status == RunStatus.Failed ? state.EndedAt : null,
        StoppedAt = state.Status == RunStatus.Stopped ? state.EndedAt : null,
    };

    private static StepView Step(PlannedPart part) => new(
        (int)part.Number,
        part.TemplateId,
        part.TemplateName,
        part.TemplateType,
        part.AutonomousAgentCount,
        part.RepeatCount,
        part.ExecutionTime,
        part.DelayAfterCompletion,
        part.Playback);

    private static GroupView Group(PlannedPart part) => new(
        part.Number,
        null,
        null,
        part.TemplateId,
        part.TemplateName,
        part.TemplateType,
        part.AutonomousAgentCount,
        part.RepeatCount,
        part.ExecutionTime,
        part.Playback);
}
