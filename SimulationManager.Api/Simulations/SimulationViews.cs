using System.Linq.Expressions;
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

    /// <summary>A step with its template; also for a query.</summary>
    public static readonly Expression<Func<SimulationStep, StepView>> StepOf = step => new StepView(
        step.StepOrder,
        step.TemplateId,
        step.Template!.Name,
        step.Template.Type,
        step.AutonomousAgentCount,
        step.RepeatCount,
        step.ExecutionTime,
        step.DelayAfterCompletion,
        step.Playback,
        step.Output,
        step.Fleet);

    private static readonly Func<SimulationStep, StepView> s_step = StepOf.Compile();

    /// <summary>A group with its template; also for a query.</summary>
    public static readonly Expression<Func<SimulationGroup, GroupView>> GroupOf = group => new GroupView(
        group.Id,
        group.GroupName,
        group.AssignedArea,
        group.TemplateId,
        group.Template!.Name,
        group.Template.Type,
        group.AutonomousAgentCount,
        group.RepeatCount,
        group.ExecutionTime,
        group.Playback,
        group.Output,
        group.Fleet);

    private static readonly Func<SimulationGroup, GroupView> s_group = GroupOf.Compile();

    public static SimulationDetail Detail(SimulationWithPlan simulation, LatestRun? latest) => new(
        simulation.Id,
        simulation.Name,
        simulation.Description,
        simulation.PatternType.ToWire(),
        simulation.MecId,
        Simulation.NamespaceOf(simulation.Id),
        simulation.CreatedAt,
        simulation.PatternType == PatternType.Sequential
            ? new ExecutionPlanView { Steps = simulation.Steps, Listen = Shown(simulation.Listen), Record = simulation.Record }
            : new ExecutionPlanView { Groups = simulation.Groups, Listen = Shown(simulation.Listen), Record = simulation.Record },
        Latest(simulation, latest));

    public static ExecutionPlanView Plan(ExecutionPlan plan) => plan.PatternType == PatternType.Sequential
        ? new ExecutionPlanView { Steps = [.. plan.Parts.Select(Step)], Listen = Shown(plan.Listen), Record = plan.Record }
        : new ExecutionPlanView { Groups = [.. plan.Parts.Select(Group)], Listen = Shown(plan.Listen), Record = plan.Record };

    private static IReadOnlyList<ListenOptions>? Shown(IReadOnlyList<ListenOptions> listen) => listen.Count > 0 ? listen : null;

    public static StepView Step(SimulationStep step) => s_step(step);

    public static GroupView Group(SimulationGroup group) => s_group(group);

    /// <summary>
    /// How the last run stands. Before the first there is a stand-in: the portal reads it unasked. While the simulation is deleted that
    /// is what the status says: the portal then shows the deletion.
    /// </summary>
    private static LatestExecutionView Latest(SimulationWithPlan simulation, LatestRun? latest)
    {
        var run = latest ?? new LatestRun(0, RunStatus.Pending, simulation.CreatedAt, simulation.UpdatedAt, null, null, 0);
        var status = simulation.Status == SimulationStatus.Deleting ? simulation.Status.ToWire() : run.Status.ToWire();
        return new LatestExecutionView(run.ExecutionId, status, Timestamps(run), new OverallProgressView(run.OverallProgress));
    }

    public static ExecutionTimestamps Timestamps(LatestRun run) => new()
    {
        CreatedAt = run.CreatedAt,
        LastUpdated = run.LastUpdated,
        StartedAt = run.StartedAt,
        CompletedAt = run.Status == RunStatus.Completed ? run.EndedAt : null,
        FailedAt = run.Status == RunStatus.Failed ? run.EndedAt : null,
        StoppedAt = run.Status == RunStatus.Stopped ? run.EndedAt : null,
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
        part.Playback,
        part.Output?.Options,
        part.Fleet);

    private static GroupView Group(PlannedPart part) => new(
        part.Number,
        part.GroupName,
        part.AssignedArea,
        part.TemplateId,
        part.TemplateName,
        part.TemplateType,
        part.AutonomousAgentCount,
        part.RepeatCount,
        part.ExecutionTime,
        part.Playback,
        part.Output?.Options,
        part.Fleet);
}
