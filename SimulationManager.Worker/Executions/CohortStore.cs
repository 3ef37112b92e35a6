using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;

namespace SimulationManager.Worker.Executions;

/// <summary>Cohorts in PostgreSQL, where their checkpoints outlive any silo. A cohort's row is its lease: without it nothing is saved.</summary>
public sealed class CohortStore(IServiceScopeFactory scopes, TimeProvider time) : ICohortStore
{
    public async Task<CohortAssignment?> LoadAsync(CohortKey key, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        var found = await database.ExecutionCohorts
            .Where(cohort => cohort.ExecutionId == key.Run.Id && cohort.CohortId == key.CohortId)
            .Join(database.Executions, cohort => cohort.ExecutionId, execution => execution.Id, (cohort, execution) => new { cohort.PartNumber, cohort.Checkpoint, execution.Plan })
            .SingleOrDefaultAsync(cancellationToken);
        return found is null ? null : new CohortAssignment(found.Plan.Parts.Single(part => part.Number == found.PartNumber), CohortCheckpoint.FromBytes(found.Checkpoint));
    }

    public async Task<bool> SaveAsync(CohortKey key, CohortCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var bytes = checkpoint.ToBytes();
        var now = time.GetUtcNow();
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        var saved = await database.ExecutionCohorts
            .Where(cohort => cohort.ExecutionId == key.Run.Id && cohort.CohortId == key.CohortId)
            .ExecuteUpdateAsync(set => set.SetProperty(cohort => cohort.Checkpoint, bytes).SetProperty(cohort => cohort.UpdatedAt, now), cancellationToken);
        return saved == 1;
    }
}
