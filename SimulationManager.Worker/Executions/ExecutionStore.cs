using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Cohorts that take the place of others, and all gaps that their part has then.</summary>
public sealed record CohortChange(IReadOnlyList<ExecutionCohort> Cohorts, List<PlaybackGap> Gaps);

/// <summary>
/// The coordinator's writes to PostgreSQL. Every state change names the state that it starts from, so that of two coordinators
/// that both think they are in charge only one gets through.
/// </summary>
public sealed class ExecutionStore(IServiceScopeFactory scopes, TimeProvider time)
{
    /// <summary>The execution with its parts, in the plan's order; null when there is none.</summary>
    public Task<Execution?> LoadAsync(long executionId, CancellationToken cancellationToken) =>
        Use(database => database.Executions.AsNoTracking().Include(execution => execution.Parts)
            .FirstOrDefaultAsync(execution => execution.Id == executionId, cancellationToken));

    /// <summary>The cohorts that are to play a part.</summary>
    public Task<List<ExecutionCohort>> LoadCohortsAsync(long executionId, long partNumber, CancellationToken cancellationToken) =>
        Use(database => database.ExecutionCohorts.AsNoTracking()
            .Where(cohort => cohort.ExecutionId == executionId && cohort.PartNumber == partNumber)
            .OrderBy(cohort => cohort.CohortId)
            .ToListAsync(cancellationToken));

    /// <summary>PENDING → RUNNING. False when it was not PENDING.</summary>
    public Task<bool> BeginExecutionAsync(Execution execution, CancellationToken cancellationToken) =>
        Use(async database => await database.Executions
            .Where(row => row.Id == execution.Id && row.Status == RunStatus.Pending)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.Status, RunStatus.Running)
                    .SetProperty(row => row.StartedAt, execution.StartedAt)
                    .SetProperty(row => row.LastUpdated, execution.LastUpdated),
                cancellationToken) == 1);

    /// <summary>A part's PENDING → RUNNING. False when it was not PENDING.</summary>
    public Task<bool> BeginPartAsync(ExecutionPart part, CancellationToken cancellationToken) =>
        Use(async database => await database.ExecutionParts
            .Where(row => row.ExecutionId == part.ExecutionId && row.Number == part.Number && row.Status == RunStatus.Pending)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.Status, RunStatus.Running)
                    .SetProperty(row => row.StartedAt, part.StartedAt)
                    .SetProperty(row => row.MessagesPlanned, part.MessagesPlanned),
                cancellationToken) == 1);

    /// <summary>Saves how far a running execution is, for readers when Redis is away and for the next coordinator.</summary>
    public Task SaveProgressAsync(Execution execution, CancellationToken cancellationToken) => Use(async database =>
    {
        await database.Executions
            .Where(row => row.Id == execution.Id && row.Status == RunStatus.Running)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.OverallProgress, execution.OverallProgress)
                    .SetProperty(row => row.MessagesOut, execution.MessagesOut)
                    .SetProperty(row => row.Message, execution.Message)
                    .SetProperty(row => row.PausedAt, execution.PausedAt)
                    .SetProperty(row => row.Rate, execution.Rate)
                    .SetProperty(row => row.LastUpdated, execution.LastUpdated),
                cancellationToken);
        foreach (var part in execution.Parts.Where(part => part.Status == RunStatus.Running))
        {
            await database.ExecutionParts
                .Where(row => row.ExecutionId == part.ExecutionId && row.Number == part.Number && row.Status == RunStatus.Running)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(row => row.Progress, part.Progress)
                        .SetProperty(row => row.CurrentRepeat, part.CurrentRepeat)
                        .SetProperty(row => row.MessagesOut, part.MessagesOut)
                        .SetProperty(row => row.PausedSeconds, part.PausedSeconds),
                    cancellationToken);
        }
        return true;
    });

    /// <summary>
    /// Takes cohorts of a part out and puts others in their place, with the gaps that this makes, in one transaction. The last
    /// checkpoints of those taken out are handed to <paramref name="successors"/>; from then on a silo that still plays one of them
    /// cannot save it any more.
    /// </summary>
    /// <returns>What <paramref name="successors"/> said; null when the execution has ended or a cohort was replaced by someone else.</returns>
    public Task<CohortChange?> ReplaceCohortsAsync(
        ExecutionPart part, IReadOnlyList<long> replaced, Func<IReadOnlyList<ExecutionCohort>, CohortChange> successors, CancellationToken cancellationToken) =>
        InTransaction(
            async database =>
            {
                if (!await LockActiveAsync(database, part.ExecutionId, cancellationToken)) return null;
                var old = await database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == part.ExecutionId && replaced.Contains(cohort.CohortId))
                    .OrderBy(cohort => cohort.CohortId).ToListAsync(cancellationToken);
                if (old.Count != replaced.Count) return null;
                var change = successors(old);
                database.ExecutionCohorts.RemoveRange(old);
                database.ExecutionCohorts.AddRange(change.Cohorts);
                await database.SaveChangesAsync(cancellationToken);
                if (change.Gaps.Count > part.Gaps.Count)
                {
                    await database.ExecutionParts.Where(row => row.ExecutionId == part.ExecutionId && row.Number == part.Number)
                        .ExecuteUpdateAsync(set => set.SetProperty(row => row.Gaps, change.Gaps), cancellationToken);
                }
                return change;
            },
            cancellationToken);

    /// <summary>
    /// Ends a part, and with <paramref name="endsExecution"/> the whole execution and its simulation's run: states, counts and
    /// every instance's outcome in one transaction. Doing it again changes nothing.
    /// </summary>
    /// <returns>False when the part or the execution has ended otherwise before.</returns>
    public Task<bool> EndPartAsync(
        Execution execution, ExecutionPart part, IReadOnlyList<ExecutionInstance> instances, bool endsExecution, CancellationToken cancellationToken) =>
        InTransaction(
            async database =>
            {
                if (!await LockActiveAsync(database, execution.Id, cancellationToken))
                    return await HasEndedAsAsync(database, execution, endsExecution, cancellationToken);
                if (!await UpdateEndedPartAsync(database, part, cancellationToken))
                {
                    if (!await PartHasEndedAsAsync(database, part, cancellationToken)) return false;
                }
                else
                {
                    await InstanceCopy.WriteAsync(database, instances, cancellationToken);
                    await database.ExecutionCohorts.Where(row => row.ExecutionId == execution.Id && row.PartNumber == part.Number)
                        .ExecuteDeleteAsync(cancellationToken);
                }
                if (endsExecution) await UpdateEndedExecutionAsync(database, execution, cancellationToken);
                return true;
            },
            cancellationToken);

    /// <summary>Ends an execution of which no part is running.</summary>
    /// <returns>False when it has ended otherwise before.</returns>
    public Task<bool> EndExecutionAsync(Execution execution, CancellationToken cancellationToken) =>
        InTransaction(
            async database =>
            {
                if (!await LockActiveAsync(database, execution.Id, cancellationToken))
                    return await HasEndedAsAsync(database, execution, true, cancellationToken);
                await database.ExecutionCohorts.Where(row => row.ExecutionId == execution.Id).ExecuteDeleteAsync(cancellationToken);
                await UpdateEndedExecutionAsync(database, execution, cancellationToken);
                return true;
            },
            cancellationToken);

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

    private static async Task<bool> LockActiveAsync(RobotDbContext database, long executionId, CancellationToken cancellationToken)
    {
        // FOR NO KEY UPDATE: rows that refer to the execution may be written meanwhile.
        var status = await database.Database
            .SqlQuery<string>($"SELECT status AS \"Value\" FROM executions WHERE id = {executionId} FOR NO KEY UPDATE")
            .ToListAsync(cancellationToken);
        return status is ["PENDING" or "RUNNING"];
    }

    private static Task<bool> HasEndedAsAsync(RobotDbContext database, Execution execution, bool endsExecution, CancellationToken cancellationToken) =>
        endsExecution
            ? database.Executions.AnyAsync(row => row.Id == execution.Id && row.Status == execution.Status, cancellationToken)
            : Task.FromResult(false);

    private static Task<bool> PartHasEndedAsAsync(RobotDbContext database, ExecutionPart part, CancellationToken cancellationToken) =>
        database.ExecutionParts.AnyAsync(
            row => row.ExecutionId == part.ExecutionId && row.Number == part.Number && row.Status == part.Status, cancellationToken);

    private static async Task<bool> UpdateEndedPartAsync(RobotDbContext database, ExecutionPart part, CancellationToken cancellationToken) =>
        await database.ExecutionParts
            .Where(row => row.ExecutionId == part.ExecutionId && row.Number == part.Number
                && (row.Status == RunStatus.Pending || row.Status == RunStatus.Running))
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.Status, part.Status)
                    .SetProperty(row => row.Progress, part.Progress)
                    .SetProperty(row => row.CurrentRepeat, part.CurrentRepeat)
                    .SetProperty(row => row.MessagesPlanned, part.MessagesPlanned)
                    .SetProperty(row => row.MessagesOut, part.MessagesOut)
                    .SetProperty(row => row.MessagesDropped, part.MessagesDropped)
                    .SetProperty(row => row.DroppedByTopic, part.DroppedByTopic)
                    .SetProperty(row => row.StartedAt, part.StartedAt)
                    .SetProperty(row => row.EndedAt, part.EndedAt)
                    .SetProperty(row => row.PausedSeconds, part.PausedSeconds)
                    .SetProperty(row => row.Lateness, part.Lateness)
                    .SetProperty(row => row.LatenessBuckets, part.LatenessBuckets)
                    .SetProperty(row => row.Gaps, part.Gaps)
                    .SetProperty(row => row.Error, part.Error),
                cancellationToken) == 1;

    private async Task UpdateEndedExecutionAsync(RobotDbContext database, Execution execution, CancellationToken cancellationToken)
    {
        await database.Executions.Where(row => row.Id == execution.Id).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Status, execution.Status)
                .SetProperty(row => row.Message, execution.Message)
                .SetProperty(row => row.OverallProgress, execution.OverallProgress)
                .SetProperty(row => row.MessagesOut, execution.MessagesOut)
                .SetProperty(row => row.MessagesDropped, execution.MessagesDropped)
                .SetProperty(row => row.Lateness, execution.Lateness)
                .SetProperty(row => row.PausedAt, (DateTimeOffset?)null)
                .SetProperty(row => row.LastUpdated, execution.LastUpdated)
                .SetProperty(row => row.EndedAt, execution.EndedAt),
            cancellationToken);
        await database.Simulations
            .Where(row => row.Id == execution.SimulationId && row.Status == SimulationStatus.Running)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.Status, SimulationStatus.Pending)
                    .SetProperty(row => row.UpdatedAt, time.GetUtcNow()),
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

    private Task<T> InTransaction<T>(Func<RobotDbContext, Task<T>> work, CancellationToken cancellationToken) => Use(database =>
        database.Database.CreateExecutionStrategy().ExecuteAsync(
            async token =>
            {
                database.ChangeTracker.Clear();
                await using var transaction = await database.Database.BeginTransactionAsync(token);
                var result = await work(database);
                await transaction.CommitAsync(token);
                return result;
            },
            cancellationToken));
}
