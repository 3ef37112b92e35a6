using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Executions' states in PostgreSQL.</summary>
public sealed class RunStore(IServiceScopeFactory scopes) : IRunStore, IRunSource
{
    /// <summary>How long the API is left to announce a run and to pass it on; longer than it waits for Redis, and than its clock differs from ours.</summary>
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(3);

    public Task<RunState?> LoadAsync(long id, CancellationToken cancellationToken) => scopes.UseAsync(async database =>
        await LoadRowAsync(database.Executions.AsNoTracking(), id, cancellationToken) is { } row ? await StateOfAsync(database, row, cancellationToken) : null);

    public async Task<RunSaved?> SaveAsync(Guid coordinator, RunState before, RunSave save, CancellationToken cancellationToken)
    {
        try
        {
            return await scopes.InTransactionAsync(database => SaveAsync(database, coordinator, before, save, cancellationToken), cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return null;
        }
    }

    public Task<bool> IsCurrentAsync(RunState state, CancellationToken cancellationToken) =>
        scopes.UseAsync(database => database.Executions.AnyAsync(row => row.Id == state.Key.Id && row.StateVersion == state.Version, cancellationToken));

    /// <summary>Saves how far a run is, for readers when Redis is away and for the next coordinator, as long as its state is of this version.</summary>
    public Task SaveProgressAsync(long version, LiveExecution progress, CancellationToken cancellationToken) => scopes.UseAsync(async database =>
    {
        await database.Executions
            .Where(row => row.Id == progress.ExecutionId && row.StateVersion == version)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.OverallProgress, progress.OverallProgress)
                    .SetProperty(row => row.MessagesOut, progress.MessagesOut)
                    .SetProperty(row => row.Message, progress.Message)
                    .SetProperty(row => row.LastUpdated, progress.LastUpdated),
                cancellationToken);
        foreach (var part in progress.Parts.Where(part => part.Status == RunStatus.Running))
        {
            await database.ExecutionParts
                .Where(row => row.ExecutionId == progress.ExecutionId && row.Number == part.Number && row.Status == RunStatus.Running)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(row => row.Progress, part.Progress)
                        .SetProperty(row => row.CurrentRepeat, part.CurrentRepeat)
                        .SetProperty(row => row.MessagesOut, part.MessagesOut),
                    cancellationToken);
        }
        return true;
    });

    /// <summary>Executions that are not over, without those that the API has just written and is about to announce.</summary>
    public Task<List<RunKey>> ListUnattendedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (from, to) = (now - HandOver, now + HandOver);
        return scopes.UseAsync(database => database.Executions
            .Where(execution => execution.Status == RunStatus.Pending || execution.Status == RunStatus.Running)
            .Where(execution => execution.CreatedAt < from || execution.CreatedAt > to || execution.Parts.Any(part => part.Status != RunStatus.Pending))
            .Select(execution => new RunKey(RunKind.Execution, execution.Id))
            .ToListAsync(cancellationToken));
    }

    private static async Task<RunSaved?> SaveAsync(RobotDbContext database, Guid coordinator, RunState before, RunSave save, CancellationToken cancellationToken)
    {
        var row = await LoadRowAsync(database.Executions, before.Key.Id, cancellationToken);
        // The commit of an earlier attempt, whose answer was lost.
        if (row?.StateVersion == save.Next.Version && row.Coordinator == coordinator) return new RunSaved(await StateOfAsync(database, row, cancellationToken), []);
        if (row?.StateVersion != before.Version) return null;
        var taken = await TakeCohortsAsync(database, before, save, cancellationToken);
        row.Coordinator = coordinator;
        var (cohorts, instances) = RunRows.Write(row, save, taken);
        if (save.Removal is null) database.ExecutionCohorts.RemoveRange(taken);
        database.ExecutionCohorts.AddRange(cohorts);
        await database.SaveChangesAsync(cancellationToken);
        if (instances.Count > 0) await InstanceCopy.WriteAsync(database, instances, cancellationToken);
        if (row.Status.IsTerminal()) await FreeSimulationAsync(database, row, cancellationToken);
        return new RunSaved(await StateOfAsync(database, row, cancellationToken), instances);
    }

    private static Task<Execution?> LoadRowAsync(IQueryable<Execution> rows, long executionId, CancellationToken cancellationToken) =>
        rows.Include(row => row.Parts).SingleOrDefaultAsync(row => row.Id == executionId, cancellationToken);

    private static async Task<RunState> StateOfAsync(RobotDbContext database, Execution row, CancellationToken cancellationToken)
    {
        // Without the checkpoints, which only successors need.
        var cohorts = row.Status.IsTerminal()
            ? []
            : await database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == row.Id)
                .Select(cohort => new { cohort.CohortId, cohort.PartNumber, cohort.Silo, cohort.Agents, cohort.SourceId })
                .ToListAsync(cancellationToken);
        return RunRows.StateOf(row, cohorts.Select(cohort => (cohort.PartNumber, new CohortState(cohort.CohortId, cohort.Silo, cohort.Agents, cohort.SourceId))));
    }

    /// <summary>Locks the cohorts that a change needs: what silos of those that it takes away save from here on is refused.</summary>
    private static async Task<List<ExecutionCohort>> TakeCohortsAsync(RobotDbContext database, RunState before, RunSave save, CancellationToken cancellationToken)
    {
        if (RunRows.CohortsOf(before, save) is not { Count: > 0 } ids) return [];
        return await database.ExecutionCohorts
            .FromSql($"SELECT * FROM execution_cohorts WHERE execution_id = {before.Key.Id} AND cohort_id = ANY ({ids.ToArray()}) ORDER BY cohort_id FOR UPDATE")
            .ToListAsync(cancellationToken);
    }

    private static async Task FreeSimulationAsync(RobotDbContext database, Execution execution, CancellationToken cancellationToken)
    {
        await database.Simulations
            .Where(row => row.Id == execution.SimulationId && row.Status == SimulationStatus.Running)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.Status, SimulationStatus.Pending)
                    .SetProperty(row => row.UpdatedAt, execution.EndedAt),
                cancellationToken);
        await database.Simulations
            .Where(row => row.Id == execution.SimulationId && (row.LatestExecutionId == null || row.LatestExecutionId <= execution.Id))
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.LatestExecutionId, execution.Id)
                    .SetProperty(row => row.LatestExecutionStatus, execution.Status),
                cancellationToken);
    }
}
