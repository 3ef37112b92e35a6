using Npgsql;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>The server runs but does not know this user name and password.</summary>
internal sealed class PasswordRefusedException : Exception;

/// <summary>Tries to sign in to a PostgreSQL server on the loopback address.</summary>
internal sealed class PostgresProbe(int port, string userName, string password)
{
    private readonly string _connection = new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = userName,
        Password = password,
        Database = "postgres",
        Pooling = false,
        Timeout = 5,
        SslMode = SslMode.Disable,
    }.ConnectionString;

    /// <summary>False while the server is not up yet, or still recovering.</summary>
    /// <exception cref="PasswordRefusedException">It is up, and refuses us.</exception>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(_connection);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            throw new PasswordRefusedException();
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
