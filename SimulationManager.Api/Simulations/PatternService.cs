using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Edits the plan of a simulation that does not run.</summary>
public sealed class PatternService(RobotDbContext database, TimeProvider time)
{
    /// <summary>Adds a step at the end, or a group.</summary>
    /// <exception cref="RefusalException">Not valid (400), not found (404), or running or deleting (409).</exception>
    public Task<PatternView> AddAsync(long simulationId, PatternAddRequest request, CancellationToken cancellationToken) =>
        EditAsync(simulationId, request.Step is not null, async simulation =>
        {
            var template = await FindTemplateAsync((request.Step?.TemplateId ?? request.Group?.TemplateId)!.Value, cancellationToken);
            if (request.Step is null)
            {
                var group = PatternParts.Group(request.Group!);
                simulation.Groups.Add(group);
                // Its id is part of the answer.
                await database.SaveChangesAsync(cancellationToken);
                return ViewOf(group, template);
            }

            var next = simulation.Steps.Count + 1;
            if (request.Step.StepOrder != next) throw Refuse.Invalid("step.stepOrder", Messages.StepOrderNext, next);
            var step = PatternParts.Step(request.Step);
            simulation.Steps.Add(step);
            return ViewOf(step, template);
        }, cancellationToken);

    /// <summary>Changes what the request names of one step or group.</summary>
    /// <inheritdoc cref="AddAsync"/>
    public Task<PatternView> ChangeAsync(long simulationId, PatternChangeRequest request, CancellationToken cancellationToken) =>
        EditAsync(simulationId, request.Step is not null, async simulation =>
        {
            var part = PartOf(simulation, request.Step?.StepOrder, request.Group?.GroupId);
            PartChange change = request.Step is null ? request.Group! : request.Step;
            var template = await FindTemplateAsync(change.TemplateId ?? part.TemplateId, cancellationToken);
            part.TemplateId = template.Id;
            part.AutonomousAgentCount = change.AutonomousAgentCount ?? part.AutonomousAgentCount;
            part.ExecutionTime = change.ExecutionTime ?? part.ExecutionTime;
            part.RepeatCount = change.RepeatCount ?? part.RepeatCount;
            part.Playback = change.Playback?.ToOptions() ?? part.Playback;
            part.Output = change.Output?.ToOptions() ?? part.Output;
            part.Fleet = change.Fleet?.ToOptions() ?? part.Fleet;
            if (part is SimulationStep step) step.DelayAfterCompletion = request.Step!.DelayAfterCompletion ?? step.DelayAfterCompletion;
            if (part is SimulationGroup group)
            {
                group.GroupName = request.Group!.GroupName ?? group.GroupName;
                group.AssignedArea = request.Group.AssignedArea ?? group.AssignedArea;
            }

            return ViewOf(part, template);
        }, cancellationToken);

    /// <summary>Removes the last step, or a group; one must remain.</summary>
    /// <inheritdoc cref="AddAsync"/>
    public Task<PatternView> RemoveAsync(long simulationId, PatternRemoveRequest request, CancellationToken cancellationToken) =>
        EditAsync(simulationId, request.Step is not null, async simulation =>
        {
            var part = PartOf(simulation, request.Step?.StepOrder, request.Group?.GroupId);
            if (simulation.Steps.Count + simulation.Groups.Count == 1) throw Refuse.Conflict(Messages.PatternLast);
            if (part is SimulationStep removed && removed.StepOrder != simulation.Steps.Count)
                throw Refuse.Invalid("step.stepOrder", Messages.StepOrderLast, simulation.Steps.Count);
            var view = ViewOf(part, await database.Templates.SingleAsync(row => row.Id == part.TemplateId, cancellationToken));
            database.Remove(part);
            return view;
        }, cancellationToken);

    private Task<PatternView> EditAsync(
        long simulationId, bool isStep, Func<Simulation, Task<PatternView>> edit, CancellationToken cancellationToken) =>
        database.InTransactionAsync(async token =>
        {
            var simulation = await LockAsync(simulationId, token);
            if (isStep != (simulation.PatternType == PatternType.Sequential))
                throw Refuse.Invalid(isStep ? "step" : "group", Messages.PatternKind, simulation.PatternType.ToWire());
            var view = await edit(simulation);
            simulation.UpdatedAt = time.GetUtcNow();
            await database.SaveChangesAsync(token);
            return view;
        }, cancellationToken);

    /// <summary>The lock makes an edit and a start wait for each other: a run has the plan before or after the edit, never half of it.</summary>
    private async Task<Simulation> LockAsync(long id, CancellationToken cancellationToken)
    {
        var simulation = await database.Simulations.FromSql($"SELECT * FROM simulations WHERE id = {id} AND deleted_at IS NULL FOR UPDATE")
            .SingleOrDefaultAsync(cancellationToken) ?? throw Refuse.NotFound(Messages.SimulationNotFound, id);
        if (simulation.Status == SimulationStatus.Running) throw Refuse.Conflict(Messages.SimulationRunning);
        if (simulation.Status != SimulationStatus.Pending) throw Refuse.Conflict(Messages.SimulationDeleting);
        await database.Entry(simulation).Collection(row => row.Steps).LoadAsync(cancellationToken);
        await database.Entry(simulation).Collection(row => row.Groups).LoadAsync(cancellationToken);
        return simulation;
    }

    private async Task<Template> FindTemplateAsync(long id, CancellationToken cancellationToken) =>
        await database.Templates.SingleOrDefaultAsync(template => template.Id == id && template.DeletedAt == null, cancellationToken)
        ?? throw Refuse.Invalid("templateId", Messages.TemplateNotFound, id);

    private static PatternPart PartOf(Simulation simulation, int? stepOrder, long? groupId) =>
        stepOrder is { } order ? StepOf(simulation, order) : GroupOf(simulation, groupId!.Value);

    private static SimulationStep StepOf(Simulation simulation, int order) =>
        simulation.Steps.SingleOrDefault(step => step.StepOrder == order) ?? throw Refuse.NotFound(Messages.StepNotFound, order);

    private static SimulationGroup GroupOf(Simulation simulation, long id) =>
        simulation.Groups.SingleOrDefault(group => group.Id == id) ?? throw Refuse.NotFound(Messages.GroupNotFound, id);

    private static PatternView ViewOf(PatternPart part, Template template)
    {
        part.Template = template;
        return part switch
        {
            SimulationStep step => new PatternView { Step = SimulationViews.Step(step) },
            SimulationGroup group => new PatternView
            {
                Group = SimulationViews.Group(group) with
                {
                    GroupName = group.GroupName ?? $"group-{group.Id}",
                    AssignedArea = group.AssignedArea ?? "",
                },
            },
            _ => throw new ArgumentOutOfRangeException(nameof(part)),
        };
    }
}
