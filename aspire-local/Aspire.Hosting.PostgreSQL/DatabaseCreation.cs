using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Aspire.Hosting.PostgreSQL;

/// <summary>Creates the databases that a server is described with.</summary>
internal static partial class DatabaseCreation
{
    public static async Task CreateMissingAsync(PostgresServerResource server, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (server.Databases.Count == 0)
            return;
        var logger = services.GetRequiredService<ResourceLoggerService>().GetLogger(server);
        var address = await ((IResourceWithConnectionString)server).GetConnectionStringAsync(cancellationToken);
        var settings = new NpgsqlConnectionStringBuilder(address) { Pooling = false, Database = "postgres" };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var database in server.Databases.Values)
            await CreateAsync(connection, database, logger, cancellationToken);
    }

    private static async Task CreateAsync(NpgsqlConnection connection, string database, ILogger logger, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = database } } };
        if (await find.ExecuteScalarAsync(cancellationToken) is not null)
            return;
        try
        {
            await using var create = new NpgsqlCommand($"CREATE DATABASE {new NpgsqlCommandBuilder().QuoteIdentifier(database)}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
            LogCreated(logger, database);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Somebody else was faster.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Created the database '{Database}'.")]
    private static partial void LogCreated(ILogger logger, string database);
}
