using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Runs in PostgreSQL.</summary>
public sealed class RunStore(IServiceScopeFactory scopes) : IRunStore
{
    public Task<RunState?> LoadAsync(long id, CancellationToken cancellationToken) => Use(async database =>
        await LoadRowAsync(database.Executions.AsNoTracking(), id, cancellationToken) is { } row ? await StateOfAsync(database, row, cancellationToken) : null);

    public Task<RunSaved?> SaveAsync(Guid coordinator, RunState before, RunSave save, CancellationToken cancellationToken) => InTransaction(
        async database =>
        {
            var row = await LoadRowAsync(database.Executions, before.Key.Id, cancellationToken);
            // The commit of an earlier attempt, whose answer was lost.
            if (row?.StateVersion == save.Next.Version && row.Coordinator == coordinator) return new RunSaved(await StateOfAsync(database, row, cancellationToken), []);
            if (row?.StateVersion != before.Version) return null;
            var taken = await TakeCohortsAsync(database, before, save, cancellationToken);
            row.Coordinator = coordinator;
            var (cohorts, instances) = RunRows.Write(row, save, taken);
            database.ExecutionCohorts.RemoveRange(taken);
            database.ExecutionCohorts.AddRange(cohorts);
            await database.SaveChangesAsync(cancellationToken);
            if (instances.Count > 0) await InstanceCopy.WriteAsync(database, instances, cancellationToken);
            if (row.Status.IsTerminal()) await FreeSimulationAsync(database, row, cancellationToken);
            return new RunSaved(await StateOfAsync(database, row, cancellationToken), instances);
        },
        cancellationToken);

    public Task<bool> IsCurrentAsync(RunState state, CancellationToken cancellationToken) =>
        Use(database => database.Executions.AnyAsync(row => row.Id == state.Key.Id && row.StateVersion == state.Version, cancellationToken));

    public Task SaveProgressAsync(long version, LiveExecution progress, CancellationToken cancellationToken) => Use(async database =>
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

    /// <summary>Executions that ought to be under way.</summary>
    /// <param name="from">Of those in which nothing has begun yet, the ones written between these two times are left out: whoever wrote them is about to announce them.</param>
    /// <param name="to">See <paramref name="from"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<List<long>> ListActiveAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        Use(database => database.Executions
            .Where(execution => execution.Status == RunStatus.Pending || execution.Status == RunStatus.Running)
            .Where(execution => execution.CreatedAt < from || execution.CreatedAt > to || execution.Parts.Any(part => part.Status != RunStatus.Pending))
            .Select(execution => execution.Id)
            .ToListAsync(cancellationToken));

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

    /// <summary>Locks the cohorts that a change takes away: what their silos save from here on is refused.</summary>
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

    private async Task<T> Use<T>(Func<RobotDbContext, Task<T>> use)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<RobotDbContext>());
    }

    private Task<RunSaved?> InTransaction(Func<RobotDbContext, Task<RunSaved?>> work, CancellationToken cancellationToken) => Use(database =>
        database.Database.CreateExecutionStrategy().ExecuteAsync(
            async token =>
            {
                database.ChangeTracker.Clear();
                await using var transaction = await database.Database.BeginTransactionAsync(token);
                try
                {
                    var saved = await work(database);
                    await transaction.CommitAsync(token);
                    return saved;
                }
                catch (DbUpdateConcurrencyException)
                {
                    return null;
                }
            },
            cancellationToken));
}
