using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Cohorts of executions in PostgreSQL, where their checkpoints outlive any silo. A cohort's row is its lease: without it nothing is saved.</summary>
public sealed class CohortStore(IServiceScopeFactory scopes, TimeProvider time) : ICohortStore
{
    public async Task<CohortAssignment?> LoadAsync(CohortKey key, CancellationToken cancellationToken)
    {
        var found = await scopes.UseAsync(database => Row(database, key)
            .Join(database.Executions, cohort => cohort.ExecutionId, execution => execution.Id, (cohort, execution) => new { cohort.PartNumber, cohort.Checkpoint, cohort.SourceId, execution.SimulationId, execution.Plan })
            .SingleOrDefaultAsync(cancellationToken));
        return found is null
            ? null
            : new CohortAssignment(found.Plan.Parts.Single(part => part.Number == found.PartNumber), CohortCheckpoint.FromBytes(found.Checkpoint), found.SourceId is not null)
            {
                FirstAgent = found.Plan.FirstAgentOf(found.PartNumber), SimulationId = found.SimulationId, Record = found.Plan.Record,
            };
    }

    // What was sent before agents were handed over, and arrives afterwards, must not bring them back.
    public Task<bool> SaveAsync(CohortKey key, CohortCheckpoint checkpoint, CancellationToken cancellationToken) => scopes.UseAsync(database =>
        SaveAsync(Row(database, key).Where(cohort => cohort.Agents == checkpoint.Agents.Count), checkpoint, cancellationToken));

    public Task<bool> HandOverAsync(CohortKey key, CohortCheckpoint kept, long to, CohortCheckpoint given, CancellationToken cancellationToken) => scopes.UseAsync(context =>
        context.Database.CreateExecutionStrategy().ExecuteAsync(
            async token =>
            {
                await using var transaction = await context.Database.BeginTransactionAsync(token);
                var before = kept.Agents.Count + given.Agents.Count;
                if (!await SaveAsync(Row(context, key).Where(cohort => cohort.Agents == before), kept, token))
                    // The commit of an earlier attempt, whose answer was lost.
                    return await Row(context, key).AnyAsync(cohort => cohort.Agents == kept.Agents.Count, token);
                if (!await SaveAsync(Row(context, key with { CohortId = to }).Where(cohort => cohort.SourceId == key.CohortId), given, token)) return false;
                await transaction.CommitAsync(token);
                return true;
            },
            cancellationToken));

    private static IQueryable<ExecutionCohort> Row(RobotDbContext database, CohortKey key) =>
        database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == key.Run.Id && cohort.CohortId == key.CohortId);

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

/// <summary>Cohorts of both kinds of runs.</summary>
public sealed class CohortStores(ICohortStore executions, ICohortStore instances) : ICohortStore
{
    public Task<CohortAssignment?> LoadAsync(CohortKey key, CancellationToken cancellationToken) => Of(key).LoadAsync(key, cancellationToken);

    public Task<bool> SaveAsync(CohortKey key, CohortCheckpoint checkpoint, CancellationToken cancellationToken) => Of(key).SaveAsync(key, checkpoint, cancellationToken);

    public Task<bool> HandOverAsync(CohortKey key, CohortCheckpoint kept, long to, CohortCheckpoint given, CancellationToken cancellationToken) =>
        Of(key).HandOverAsync(key, kept, to, given, cancellationToken);

    private ICohortStore Of(CohortKey key) => key.Run.Kind == RunKind.Execution ? executions : instances;
}
