using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Instances;

/// <summary>What a silo is to play for one instance.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="SimulationId">Whose it is.</param>
/// <param name="Plan">What it plays.</param>
/// <param name="Checkpoint">Where it goes on; null: at the start.</param>
public sealed record ManualPlay(long InstanceId, long SimulationId, PlannedPart Plan, byte[]? Checkpoint);

/// <summary>
/// Manual instances in PostgreSQL. A row names the silo that plays it, and every write of a silo names itself: one that has been
/// replaced without knowing it writes nothing.
/// </summary>
public sealed class ManualInstanceStore(IServiceScopeFactory scopes)
{
    /// <summary>A silo says once a second what it plays; one that has been silent for so long does not play it any more.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(4);

    /// <summary>Gives an instance to a silo, from the start of what its template is now; one that plays elsewhere goes on here.</summary>
    /// <returns>What to play; null when it cannot be played, which its row says.</returns>
    /// <exception cref="KeyNotFoundException">There is no such instance, or its simulation is being deleted.</exception>
    public Task<ManualPlay?> StartAsync(long id, string silo, CancellationToken cancellationToken) => InTransaction(
        async database =>
        {
            var instance = await LockAsync(database, id, cancellationToken) ?? throw new KeyNotFoundException($"There is no instance {id}.");
            if (instance.Status != RunStatus.Running) await BeginAsync(database, instance, cancellationToken);
            return await GiveAsync(database, instance, silo, cancellationToken);
        },
        cancellationToken);

    /// <summary>Gives an instance that ought to play to a silo, to go on where it was.</summary>
    /// <returns>What to play; null when it ought not to play.</returns>
    public Task<ManualPlay?> TakeUpAsync(long id, string silo, CancellationToken cancellationToken) => InTransaction(
        async database => await LockAsync(database, id, cancellationToken) is { Status: RunStatus.Running } instance
            ? await GiveAsync(database, instance, silo, cancellationToken)
            : null,
        cancellationToken);

    /// <summary>RUNNING → STOPPED; any other state stays.</summary>
    public Task StopAsync(long id, CancellationToken cancellationToken) => Use(database => database.Instances
        .Where(row => row.Id == id && row.Status == RunStatus.Running)
        .ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Status, RunStatus.Stopped)
                .SetProperty(row => row.Silo, (string?)null)
                .SetProperty(row => row.Checkpoint, (byte[]?)null)
                .SetProperty(row => row.PlayedAt, (DateTimeOffset?)null),
            cancellationToken));

    /// <summary>RUNNING → COMPLETED or FAILED, by the silo that plays it.</summary>
    /// <returns>False when another silo plays it, or it was stopped.</returns>
    public Task<bool> EndAsync(long id, string silo, RunStatus status, string? error, CancellationToken cancellationToken) => Use(async database =>
        await database.Instances
            .Where(row => row.Id == id && row.Silo == silo && row.Status == RunStatus.Running)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.Status, status)
                    .SetProperty(row => row.Error, error)
                    .SetProperty(row => row.Silo, (string?)null)
                    .SetProperty(row => row.Checkpoint, (byte[]?)null)
                    .SetProperty(row => row.PlayedAt, (DateTimeOffset?)null),
                cancellationToken) == 1);

    /// <summary>Saves where all of a silo's instances are, in one statement; a null checkpoint leaves the last one.</summary>
    /// <returns>Those that the silo still plays: the others were stopped or given to another.</returns>
    public Task<List<long>> SaveAsync(string silo, long[] ids, byte[]?[] checkpoints, CancellationToken cancellationToken) => Use(database => database.Database
        .SqlQuery<long>(
            $"""
            UPDATE instances SET checkpoint = coalesce(saved.checkpoint, instances.checkpoint), played_at = now()
            FROM unnest({ids}, {new NpgsqlParameter { Value = checkpoints, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea }}) AS saved (id, checkpoint)
            WHERE instances.id = saved.id AND instances.silo = {silo} AND instances.status = 'RUNNING'
            RETURNING instances.id AS "Value"
            """)
        .ToListAsync(cancellationToken));

    /// <summary>Saves where an instance is and gives up its lease, so that another silo goes on at once.</summary>
    public Task HandOverAsync(long id, string silo, byte[]? checkpoint, CancellationToken cancellationToken) => Use(database => database.Database.ExecuteSqlAsync(
        $"""
        UPDATE instances SET checkpoint = coalesce({checkpoint}, checkpoint), silo = NULL, played_at = NULL
        WHERE id = {id} AND silo = {silo} AND status = 'RUNNING'
        """,
        cancellationToken));

    /// <summary>Instances that ought to play and that no silo has said to play for some seconds.</summary>
    public Task<List<long>> ListUnattendedAsync(CancellationToken cancellationToken) => Use(database => database.Database
        .SqlQuery<long>(
            $"""
            SELECT id AS "Value" FROM instances
            WHERE status = 'RUNNING' AND deleted_at IS NULL AND (played_at IS NULL OR played_at < now() - {Silence})
            """)
        .ToListAsync(cancellationToken));

    /// <summary>The row, locked, of an instance that may play.</summary>
    private static Task<Instance?> LockAsync(RobotDbContext database, long id, CancellationToken cancellationToken) => database.Instances
        .FromSql(
            $"""
            SELECT instances.* FROM instances JOIN simulations ON simulations.id = instances.simulation_id
            WHERE instances.id = {id} AND instances.deleted_at IS NULL AND simulations.status IN ('PENDING', 'RUNNING')
            FOR UPDATE OF instances
            """)
        .SingleOrDefaultAsync(cancellationToken);

    private static async Task BeginAsync(RobotDbContext database, Instance instance, CancellationToken cancellationToken)
    {
        // Shared until the row says RUNNING: from then on the template cannot be deleted.
        var template = await database.Templates.FromSql($"SELECT * FROM templates WHERE id = {instance.TemplateId} FOR SHARE").SingleAsync(cancellationToken);
        instance.Checkpoint = null;
        instance.Plan = PlanOf(template);
        (instance.Status, instance.Error) = template.DeletedAt is null
            ? (RunStatus.Running, null)
            : (RunStatus.Failed, $"The template '{template.Name}' was deleted.");
    }

    private static async Task<ManualPlay?> GiveAsync(RobotDbContext database, Instance instance, string silo, CancellationToken cancellationToken)
    {
        var plays = instance.Status == RunStatus.Running;
        instance.Silo = plays ? silo : null;
        await database.SaveChangesAsync(cancellationToken);
        if (!plays) return null;
        await database.Database.ExecuteSqlAsync($"UPDATE instances SET played_at = now() WHERE id = {instance.Id}", cancellationToken);
        return new ManualPlay(instance.Id, instance.SimulationId, instance.Plan!, instance.Checkpoint);
    }

    private static PlannedPart PlanOf(Template template) => new()
    {
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
