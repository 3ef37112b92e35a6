using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Cohorts in PostgreSQL, where their checkpoints outlive any silo. A cohort's row is its lease: without it nothing is saved.</summary>
public sealed class CohortStore(IServiceScopeFactory scopes, TimeProvider time) : ICohortStore
{
    public async Task<CohortAssignment?> LoadAsync(CohortKey key, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var executions = scope.ServiceProvider.GetRequiredService<RobotDbContext>().Executions;
        var found = await Row(scope, key)
            .Join(executions, cohort => cohort.ExecutionId, execution => execution.Id, (cohort, execution) => new { cohort.PartNumber, cohort.Checkpoint, cohort.SourceId, execution.Plan })
            .SingleOrDefaultAsync(cancellationToken);
        return found is null
            ? null
            : new CohortAssignment(found.Plan.Parts.Single(part => part.Number == found.PartNumber), CohortCheckpoint.FromBytes(found.Checkpoint), found.SourceId is not null);
    }

    public async Task<bool> SaveAsync(CohortKey key, CohortCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        // What was sent before agents were handed over, and arrives afterwards, must not bring them back.
        return await SaveAsync(Row(scope, key).Where(cohort => cohort.Agents == checkpoint.Agents.Count), checkpoint, cancellationToken);
    }

    public async Task<bool> HandOverAsync(CohortKey key, CohortCheckpoint kept, long to, CohortCheckpoint given, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>().Database;
        return await database.CreateExecutionStrategy().ExecuteAsync(
            async token =>
            {
                await using var transaction = await database.BeginTransactionAsync(token);
                var before = kept.Agents.Count + given.Agents.Count;
                if (!await SaveAsync(Row(scope, key).Where(cohort => cohort.Agents == before), kept, token))
                    // The commit of an earlier attempt, whose answer was lost.
                    return await Row(scope, key).AnyAsync(cohort => cohort.Agents == kept.Agents.Count, token);
                if (!await SaveAsync(Row(scope, key with { CohortId = to }).Where(cohort => cohort.SourceId == key.CohortId), given, token)) return false;
                await transaction.CommitAsync(token);
                return true;
            },
            cancellationToken);
    }

    private static IQueryable<ExecutionCohort> Row(AsyncServiceScope scope, CohortKey key) => scope.ServiceProvider.GetRequiredService<RobotDbContext>()
        .ExecutionCohorts.Where(cohort => cohort.ExecutionId == key.Run.Id && cohort.CohortId == key.CohortId);

    private async Task<bool> SaveAsync(IQueryable<ExecutionCohort> row, CohortCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var (bytes, agents, now) = (checkpoint.ToBytes(), checkpoint.Agents.Count, time.GetUtcNow());
        return await row.ExecuteUpdateAsync(
            set => set
                .SetProperty(cohort => cohort.Checkpoint, bytes)
                .SetProperty(cohort => cohort.Agents, agents)
                .SetProperty(cohort => cohort.SourceId, (long?)null)
                .SetProperty(cohort => cohort.UpdatedAt, now),
            cancellationToken) == 1;
    }
}
