using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;

namespace SimulationManager.Worker.Executions;

/// <summary>Saves cohorts' checkpoints in PostgreSQL, where they outlive any silo.</summary>
public sealed class CheckpointStore(IServiceScopeFactory scopes, TimeProvider time)
{
    /// <summary>Saves a checkpoint. False: the cohort has been replaced, and nothing was saved.</summary>
    public async Task<bool> SaveAsync(long executionId, long cohortId, CohortCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var bytes = checkpoint.ToBytes();
        var now = time.GetUtcNow();
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        var saved = await database.ExecutionCohorts
            .Where(cohort => cohort.ExecutionId == executionId && cohort.CohortId == cohortId)
            .ExecuteUpdateAsync(set => set.SetProperty(cohort => cohort.Checkpoint, bytes).SetProperty(cohort => cohort.UpdatedAt, now), cancellationToken);
        return saved == 1;
    }
}
