using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Instances;

/// <summary>
/// Cohorts of manual instances in PostgreSQL, one agent each. A silo may play thousands: their checkpoints are collected for a short
/// time and saved in one statement.
/// </summary>
public sealed class InstanceCohortStore(IServiceScopeFactory scopes, TimeProvider time) : ICohortStore
{
    private static readonly TimeSpan CollectFor = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private List<Save> _collected = [];

    public async Task<CohortAssignment?> LoadAsync(CohortKey key, CancellationToken cancellationToken)
    {
        var row = await scopes.UseAsync(database => database.Instances.AsNoTracking()
            .SingleOrDefaultAsync(row => row.Id == key.Run.Id && row.CohortId == key.CohortId && row.Status == RunStatus.Running, cancellationToken));
        return row is null ? null : new CohortAssignment(row.Plan!, CohortCheckpoint.FromBytes(row.Checkpoint), IsWaiting: false);
    }

    public Task<bool> SaveAsync(CohortKey key, CohortCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var save = new Save(key, checkpoint.ToBytes(), new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            _collected.Add(save);
            if (_collected.Count == 1) _ = WriteAsync();
        }
        return save.Done.Task.WaitAsync(cancellationToken);
    }

    /// <returns>False: an instance is one agent, which stays.</returns>
    public Task<bool> HandOverAsync(CohortKey key, CohortCheckpoint kept, long to, CohortCheckpoint given, CancellationToken cancellationToken) => Task.FromResult(false);

    private async Task WriteAsync()
    {
        await Task.Delay(CollectFor, time);
        List<Save> saves;
        lock (_lock) (saves, _collected) = (_collected, []);
        try
        {
            var saved = (await WriteAsync(saves)).ToHashSet();
            for (var i = 0; i < saves.Count; i++) saves[i].Done.TrySetResult(saved.Contains(i));
        }
        catch (Exception exception)
        {
            foreach (var save in saves) save.Done.TrySetException(exception);
        }
    }

    /// <returns>The indexes of those that were saved: the others' cohorts were replaced or have ended.</returns>
    private Task<List<int>> WriteAsync(List<Save> saves)
    {
        var ids = saves.ConvertAll(save => save.Key.Run.Id);
        var cohorts = saves.ConvertAll(save => save.Key.CohortId);
        var checkpoints = new NpgsqlParameter { Value = saves.ConvertAll(save => save.Checkpoint), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
        return scopes.UseAsync(database => database.Database
            .SqlQuery<int>(
                $"""
                UPDATE instances SET checkpoint = saved.checkpoint, played_at = {time.GetUtcNow()}
                FROM unnest({ids}, {cohorts}, {checkpoints}) WITH ORDINALITY AS saved (id, cohort_id, checkpoint, number)
                WHERE instances.id = saved.id AND instances.cohort_id = saved.cohort_id
                RETURNING saved.number::int - 1 AS "Value"
                """)
            .ToListAsync());
    }

    private sealed record Save(CohortKey Key, byte[] Checkpoint, TaskCompletionSource<bool> Done);
}
