using Npgsql;

namespace SimulationManager.Tests.Worker.Faults;

/// <summary>
/// What PostgreSQL itself saw: a trigger notes every change of an execution's and a part's status, whoever made it, in the very
/// transaction that made it. No reader that looks now and then could miss less.
/// </summary>
internal sealed class TransitionLog(string connectionString)
{
    private const string Setup =
        """
        CREATE TABLE IF NOT EXISTS status_changes (id bigserial PRIMARY KEY, execution_id bigint, part bigint, before text, after text);
        CREATE OR REPLACE FUNCTION note_execution() RETURNS trigger AS $$
        BEGIN INSERT INTO status_changes (execution_id, before, after) VALUES (NEW.id, OLD.status, NEW.status); RETURN NEW; END $$ LANGUAGE plpgsql;
        CREATE OR REPLACE FUNCTION note_part() RETURNS trigger AS $$
        BEGIN INSERT INTO status_changes (execution_id, part, before, after) VALUES (NEW.execution_id, NEW.number, OLD.status, NEW.status); RETURN NEW; END $$ LANGUAGE plpgsql;
        CREATE OR REPLACE TRIGGER note_execution AFTER UPDATE ON executions FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_execution();
        CREATE OR REPLACE TRIGGER note_part AFTER UPDATE ON execution_parts FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_part();
        """;

    /// <summary>Begins to note; the tables must be there.</summary>
    public async Task InstallAsync()
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(Setup);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The states that an execution went through, and those of each of its parts, in order.</summary>
    public async Task<(IReadOnlyList<string> Execution, IReadOnlyDictionary<long, List<string>> Parts)> ReadAsync(long executionId)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand("SELECT part, after FROM status_changes WHERE execution_id = $1 ORDER BY id");
        command.Parameters.AddWithValue(executionId);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> execution = [];
        Dictionary<long, List<string>> parts = [];
        while (await reader.ReadAsync())
        {
            if (await reader.IsDBNullAsync(0)) execution.Add(reader.GetString(1));
            else if (parts.TryGetValue(reader.GetInt64(0), out var states)) states.Add(reader.GetString(1));
            else parts[reader.GetInt64(0)] = [reader.GetString(1)];
        }
        return (execution, parts);
    }
}
