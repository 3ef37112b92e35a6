using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Instances;

/// <summary>Manual instances as runs in PostgreSQL: each is one looped part of one agent, and all of it is in the instance's row.</summary>
public sealed class InstanceRunStore(IServiceScopeFactory scopes, TimeProvider time) : IRunStore, IRunSource
{
    /// <summary>A checkpoint is saved once a second; an instance without one for so long may have no coordinator.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(4);

    public Task<RunState?> LoadAsync(long id, CancellationToken cancellationToken) => scopes.UseAsync(async database =>
        await database.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is { } row ? StateOf(row) : null);

    /// <summary>Begins an instance anew, with what its template is now, unless it is RUNNING. When it cannot be played, its row says so.</summary>
    /// <returns>Whether it has begun anew; null: nothing was changed, because another command was persisted since the caller read the row.</returns>
    /// <exception cref="KeyNotFoundException">There is no such instance, or its simulation is being deleted.</exception>
    public Task<bool?> BeginAsync(long id, long seen, CancellationToken cancellationToken) => scopes.InTransactionAsync<bool?>(
        async database =>
        {
            var row = await database.Instances
                .FromSql(
                    $"""
                    SELECT instances.* FROM instances JOIN simulations ON simulations.id = instances.simulation_id
                    WHERE instances.id = {id} AND instances.deleted_at IS NULL AND simulations.status IN ('PENDING', 'RUNNING')
                    FOR UPDATE OF instances
                    """)
                .SingleOrDefaultAsync(cancellationToken) ?? throw new KeyNotFoundException($"There is no instance {id}.");
            if (seen < row.CommandEpoch) return null;
            if (row.Status == RunStatus.Running) return false;
            // Shared until the row says RUNNING: from then on the template cannot be deleted.
            var template = await database.Templates.FromSql($"SELECT * FROM templates WHERE id = {row.TemplateId} FOR SHARE").SingleAsync(cancellationToken);
            var site = await database.Simulations.Where(simulation => simulation.Id == row.SimulationId).Select(simulation => simulation.MecId).SingleAsync(cancellationToken);
            row.Plan = PlanOf(template, (await PlannedSite.FindAsync(database, site, cancellationToken)).OutputOf(row.SimulationId, options: null));
            (row.StateVersion, row.CommandEpoch) = (row.StateVersion + 1, row.CommandEpoch + 1);
            (row.Coordinator, row.StopRequested, row.StartedAt) = (null, false, null);
            (row.CohortId, row.Silo, row.Checkpoint) = (null, null, null);
            (row.Status, row.Error, row.PlayedAt) = template.DeletedAt is null
                ? (RunStatus.Running, (string?)null, time.GetUtcNow())
                : (RunStatus.Failed, $"The template '{template.Name}' was deleted.", (DateTimeOffset?)null);
            await database.SaveChangesAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<RunSaved?> SaveAsync(Guid coordinator, RunState before, RunSave save, CancellationToken cancellationToken)
    {
        var next = save.Assignment is { } assignment ? Assign(save.Next, assignment) : save.Next;
        return await scopes.UseAsync(async database =>
        {
            // One statement: what the silo of a cohort that is taken away saves from here on is refused.
            var saved = await database.Instances
                .Where(row => row.Id == next.Key.Id && row.StateVersion == before.Version)
                .ExecuteUpdateAsync(set => Write(set.SetProperty(row => row.Coordinator, coordinator), next, save), cancellationToken);
            // No row: another coordinator has persisted a change, or an earlier attempt of this one, whose answer was lost.
            var isSaved = saved == 1 || await database.Instances.AnyAsync(
                row => row.Id == next.Key.Id && row.StateVersion == next.Version && row.Coordinator == coordinator, cancellationToken);
            return isSaved ? new RunSaved(next, []) : null;
        });
    }

    public Task<bool> IsCurrentAsync(RunState state, CancellationToken cancellationToken) =>
        scopes.UseAsync(database => database.Instances.AnyAsync(row => row.Id == state.Key.Id && row.StateVersion == state.Version, cancellationToken));

    /// <summary>Instances that ought to play and that have not saved a checkpoint for some seconds.</summary>
    public Task<List<RunKey>> ListUnattendedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var silentSince = now - Silence;
        return scopes.UseAsync(database => database.Instances
            .Where(row => row.Status == RunStatus.Running && row.DeletedAt == null && (row.PlayedAt == null || row.PlayedAt < silentSince))
            .Select(row => new RunKey(RunKind.Instance, row.Id))
            .ToListAsync(cancellationToken));
    }

    private static RunState StateOf(Instance row) => new()
    {
        Key = new RunKey(RunKind.Instance, row.Id),
        SimulationId = row.SimulationId,
        Plan = new ExecutionPlan { PatternType = PatternType.Parallel, Parts = row.Plan is null ? [] : [row.Plan] },
        CreatedAt = row.CreatedAt,
        Version = row.StateVersion,
        // One that was never started has nothing to coordinate.
        Status = row.Status == RunStatus.Pending ? RunStatus.Stopped : row.Status,
        Desired = new DesiredPlayback { CommandEpoch = row.CommandEpoch, Stop = row.StopRequested },
        Parts = row.Plan is null ? [] : [PartOf(row, row.Plan)],
    };

    private static PartState PartOf(Instance row, PlannedPart plan) => new()
    {
        Plan = plan,
        Agents = new AgentRoster(new AgentRange(row.Id, row.Id), []),
        Status = row.Status.IsTerminal() ? row.Status : row.StartedAt is null ? RunStatus.Pending : RunStatus.Running,
        StartedAt = row.StartedAt,
        Error = row.Error,
        Cohorts = row is { CohortId: { } cohort, Silo: { } silo } ? [new CohortState(cohort, silo, 1)] : [],
    };

    private static RunState Assign(RunState state, PartAssignment assignment)
    {
        var (silo, _) = CohortCheckpoint.Fresh([state.Key.Id]).Split(assignment.Silos).Single();
        return state.With(state.Parts[0] with { Cohorts = [new CohortState(state.Version, silo.ToParsableString(), 1)] });
    }

    private static void Write(UpdateSettersBuilder<Instance> set, RunState next, RunSave save)
    {
        var part = next.Parts[0];
        var error = (part.Error ?? save.Reason) is { } sentence ? RunSentences.InEnglish(sentence) : null;
        set.SetProperty(row => row.StateVersion, next.Version)
            .SetProperty(row => row.Status, next.Status)
            .SetProperty(row => row.CommandEpoch, next.Desired.CommandEpoch)
            .SetProperty(row => row.StopRequested, next.Desired.Stop)
            .SetProperty(row => row.StartedAt, part.StartedAt)
            .SetProperty(row => row.Error, error);
        if (save.Assignment is { } assignment)
        {
            var fresh = CohortCheckpoint.Fresh([next.Key.Id]).ToBytes();
            set.SetProperty(row => row.CohortId, part.Cohorts[0].Id)
                .SetProperty(row => row.Silo, part.Cohorts[0].Silo)
                .SetProperty(row => row.Checkpoint, row => row.Checkpoint ?? fresh)
                .SetProperty(row => row.PlayedAt, assignment.At);
        }
        if (next.Status.IsTerminal())
        {
            set.SetProperty(row => row.CohortId, (long?)null)
                .SetProperty(row => row.Silo, (string?)null)
                .SetProperty(row => row.Checkpoint, (byte[]?)null)
                .SetProperty(row => row.PlayedAt, (DateTimeOffset?)null);
        }
    }

    private static PlannedPart PlanOf(Template template, PlannedOutput output) => new()
    {
        Output = output,
        Number = 0,
        TemplateId = template.Id,
        TemplateName = template.Name,
        TemplateType = template.Type,
        AutonomousAgentCount = 1,
        RepeatCount = 1,
        ExecutionTime = int.MaxValue,
        DelayAfterCompletion = 0,
        Playback = new PlaybackOptions { Loop = true },
        Files = [.. template.Files.Select(file => new PlannedFile(file.Kind, file.FileName, file.ObjectKey, file.Size))],
        Topics = [.. template.Topics],
    };
}
