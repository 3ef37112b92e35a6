namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>
/// Which tables and columns a <c>.db3</c> has. Versions of rosbag2's sqlite3 schema: 1 (topics, messages),
/// 2 (+ offered_qos_profiles), 3 (+ tables schema and metadata), 4 (+ message_definitions and type_description_hash).
/// Only 3 and 4 store their number.
/// </summary>
internal sealed record StorageSchema(
    int Version, string RosDistro, bool HasQos, bool HasTypeHash, bool HasMetadata, bool HasDefinitions, bool HasTimestampIndex)
{
    /// <param name="database">An open file.</param>
    /// <param name="usesLog">True if it was written with a write-ahead log, where even its tables may still be.</param>
    /// <exception cref="BagFormatException">Not the schema of a bag.</exception>
    public static StorageSchema Read(SqliteDatabase database, bool usesLog)
    {
        var topics = Columns(database, "topics") ?? throw Missing(database, "topics", usesLog);
        var messages = Columns(database, "messages") ?? throw Missing(database, "messages", usesLog);
        Require(database, "topics", topics, "id", "name", "type", "serialization_format");
        Require(database, "messages", messages, "id", "topic_id", "timestamp", "data");
        RequireRowId(database, messages);
        RequireType(database, messages, "timestamp", "INT");
        RequireType(database, messages, "topic_id", "INT");
        RequireType(database, messages, "data", "BLOB");

        var hasQos = topics.ContainsKey("offered_qos_profiles");
        var (version, distro) = StoredVersion(database) ?? (hasQos ? 2 : 1, "");
        return new StorageSchema(version, distro, hasQos,
            topics.ContainsKey("type_description_hash"),
            Columns(database, "metadata")?.ContainsKey("metadata") == true,
            Columns(database, "message_definitions")?.ContainsKey("encoded_message_definition") == true,
            HasIndexOnTimestamp(database));
    }

    private static (int Version, string Distro)? StoredVersion(SqliteDatabase database)
    {
        if (Columns(database, "schema") is not { } columns || !columns.ContainsKey("schema_version"))
            return null;
        var distro = columns.ContainsKey("ros_distro") ? "ros_distro" : "''";
        using var query = database.Prepare($"SELECT schema_version, {distro} FROM schema ORDER BY schema_version DESC LIMIT 1");
        return query.Step() ? ((int)Math.Clamp(query.Int64(0), 1, 1000), query.Text(1)) : null;
    }

    /// <returns>Column name → (declared type, primary key), or null if there is no such table.</returns>
    private static Dictionary<string, (string Type, bool Key)>? Columns(SqliteDatabase database, string table)
    {
        if (!IsPlainTable(database, table))
            return null;
        var columns = new Dictionary<string, (string, bool)>(StringComparer.OrdinalIgnoreCase);
        using var query = database.Prepare($"PRAGMA table_xinfo({table})");
        while (query.Step())
        {
            // Hidden: a generated column, whose value a stranger's expression would compute.
            if (query.Int64(6) != 0)
                throw Unsupported(database, $"the column {query.Text(1)} of the table {table} is computed, not stored");
            columns[query.Text(1)] = (query.Text(2).ToUpperInvariant(), query.Int64(5) == 1);
        }

        return columns;
    }

    private static bool IsPlainTable(SqliteDatabase database, string table)
    {
        using var query = database.Prepare("SELECT type, rootpage FROM sqlite_master WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')");
        query.Bind(1, table);
        if (!query.Step())
            return false;
        // A virtual table has no root page of its own.
        return query.Text(0) == "table" && query.Int64(1) > 0
            ? true
            : throw Unsupported(database, $"{table} is a view or virtual table, not a plain table");
    }

    private static bool HasIndexOnTimestamp(SqliteDatabase database)
    {
        using var query = database.Prepare("EXPLAIN QUERY PLAN SELECT timestamp, id FROM messages ORDER BY timestamp, id");
        var hasIndex = false;
        while (query.Step())
        {
            var detail = query.Text(3);
            if (detail.Contains("TEMP B-TREE", StringComparison.Ordinal))
                return false;
            hasIndex |= detail.Contains("INDEX", StringComparison.Ordinal);
        }

        return hasIndex;
    }

    private static void Require(SqliteDatabase database, string table, Dictionary<string, (string, bool)> columns, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!columns.ContainsKey(name))
                throw Unsupported(database, $"the table {table} has no column {name}");
        }
    }

    private static void RequireRowId(SqliteDatabase database, Dictionary<string, (string Type, bool Key)> messages)
    {
        using var query = database.Prepare("SELECT wr FROM pragma_table_list('messages')");
        var withoutRowId = query.Step() && query.Int64(0) != 0;
        if (withoutRowId || messages["id"] is not ("INTEGER", true))
            throw Unsupported(database, "messages.id is not an INTEGER PRIMARY KEY with a row id");
    }

    private static void RequireType(SqliteDatabase database, Dictionary<string, (string Type, bool Key)> columns, string column, string type)
    {
        if (!columns[column].Type.Contains(type, StringComparison.Ordinal))
            throw Unsupported(database, $"messages.{column} has the type '{columns[column].Type}', not {(type == "INT" ? "INTEGER" : type)}");
    }

    private static BagFormatException Missing(SqliteDatabase database, string table, bool usesLog) => usesLog
        ? new(BagError.SchemaUnsupported,
            $"{database.FileName} has no table {table}: the recorder was killed, and what it wrote is still in the write-ahead log. Send '{database.FileName}{WriteAheadLog.Suffix}', too, or run \"sqlite3 {database.FileName} 'PRAGMA wal_checkpoint(TRUNCATE)'\" where both lie and send the file again.",
            database.FileName)
        : Unsupported(database, $"there is no table {table}");

    private static BagFormatException Unsupported(SqliteDatabase database, string problem) =>
        new(BagError.SchemaUnsupported,
            $"{database.FileName} is an SQLite database but not a rosbag2 storage file: {problem}. Send the .db3 file that rosbag2 recorded.",
            database.FileName);
}
