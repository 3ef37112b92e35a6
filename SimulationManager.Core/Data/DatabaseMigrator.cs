using System.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SimulationManager.Core.Data;

/// <summary>Brings the database to the current schema. Any number of processes may do so at once: one applies, the others wait for it.</summary>
public static partial class DatabaseMigrator
{
    /// <summary>Any number that no one else locks on this database.</summary>
    private const long LockKey = 0x51B0_0B07;

    /// <summary>Applies pending migrations under a PostgreSQL advisory lock.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The database cannot be reached.</exception>
    public static async Task MigrateAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>().Database;
        var logger = scope.ServiceProvider.GetRequiredService<ILogger<RobotDbContext>>();
        await database.CreateExecutionStrategy().ExecuteAsync(
            async token =>
            {
                if (!await IsCurrentAsync(database, token)) await MigrateLockedAsync(database, logger, token);
            },
            cancellationToken);
    }

    /// <summary>Whether the newest migration was applied: asked in plain SQL, since EF Core first builds a model for the table that tells.</summary>
    private static async Task<bool> IsCurrentAsync(DatabaseFacade database, CancellationToken cancellationToken)
    {
        await database.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var command = database.GetDbConnection().CreateCommand();
            command.CommandText = $"SELECT to_regclass('\"{HistoryRepository.DefaultTableName}\"') IS NOT NULL";
            if (await command.ExecuteScalarAsync(cancellationToken) is not true) return false;
            command.CommandText = $"SELECT EXISTS (SELECT FROM \"{HistoryRepository.DefaultTableName}\" WHERE migration_id = $1)";
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = database.GetMigrations().Last() });
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        finally
        {
            await database.CloseConnectionAsync();
        }
    }

    private static async Task MigrateLockedAsync(
        DatabaseFacade database, ILogger logger, CancellationToken cancellationToken)
    {
        await database.OpenConnectionAsync(cancellationToken);
        try
        {
            await database.ExecuteSqlAsync($"SELECT pg_advisory_lock({LockKey})", cancellationToken);
            // Asking a new database for what was applied would log a failed command.
            await database.GetService<IHistoryRepository>().CreateIfNotExistsAsync(cancellationToken);
            var pending = (await database.GetPendingMigrationsAsync(cancellationToken)).ToArray();
            if (pending.Length == 0) return;
            LogApplying(logger, pending.Length, pending[^1]);
            await database.MigrateAsync(cancellationToken);
        }
        finally
        {
            // Closing alone would not free it: the driver resets a pooled connection only when it is next used.
            if (database.GetDbConnection().State == ConnectionState.Open) await database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({LockKey})", CancellationToken.None);
            await database.CloseConnectionAsync();
        }
    }

    [LoggerMessage(101, LogLevel.Information, "Applying {Count} database migration(s), up to {Last}")]
    private static partial void LogApplying(ILogger logger, int count, string last);
}
