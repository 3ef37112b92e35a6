using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>An open <c>.db3</c> file of a bag, read-only.</summary>
internal sealed class StorageFile : IDisposable
{
    private const int MinValueBytes = 1024 * 1024;
    private const int RowOverheadBytes = 256;

    private StorageFile(SqliteDatabase database, StorageSchema schema, bool usesLog)
    {
        Database = database;
        Schema = schema;
        UsesLog = usesLog;
    }

    public SqliteDatabase Database { get; }

    public StorageSchema Schema { get; }

    /// <summary>True if the file was written with a write-ahead log.</summary>
    public bool UsesLog { get; }

    /// <exception cref="BagFormatException">Not a readable rosbag2 database.</exception>
    public static StorageFile Open(string path, int maxMessageBytes)
    {
        var usesLog = SqliteHeader.Check(path);
        var database = SqliteDatabase.OpenReadOnly(path, Math.Max(maxMessageBytes, MinValueBytes) + RowOverheadBytes);
        try
        {
            return new StorageFile(database, StorageSchema.Read(database, usesLog), usesLog);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Row id in the topics table and the topic, by row id.</summary>
    public IReadOnlyList<(long Id, BagTopic Topic)> ReadTopics()
    {
        var topics = new List<(long, BagTopic)>();
        using var query = Database.Prepare(
            $"SELECT id, name, type, serialization_format, {(Schema.HasQos ? "offered_qos_profiles" : "''")}, {(Schema.HasTypeHash ? "type_description_hash" : "''")} FROM topics ORDER BY id");
        while (query.Step())
        {
            if (topics.Count == BagStorage.MaxTopics)
                throw new BagFormatException(BagError.TooLarge, $"{Database.FileName} has more than {BagStorage.MaxTopics} topics.", Database.FileName);
            topics.Add((query.Int64(0), new BagTopic
            {
                Name = query.Text(1),
                NameIsUtf8 = query.IsUtf8(1),
                Type = query.Text(2),
                SerializationFormat = query.Text(3),
                OfferedQosProfiles = query.Text(4),
                TypeDescriptionHash = query.Text(5),
            }));
        }

        return topics;
    }

    public IReadOnlyList<MessageDefinition> ReadDefinitions()
    {
        if (!Schema.HasDefinitions)
            return [];
        var definitions = new List<MessageDefinition>();
        using var query = Database.Prepare(
            "SELECT topic_type, encoding, encoded_message_definition, type_description_hash FROM message_definitions ORDER BY id");
        while (query.Step())
        {
            definitions.Add(new MessageDefinition
            {
                TopicType = query.Text(0),
                Encoding = query.Text(1),
                Text = query.Text(2),
                TypeDescriptionHash = query.Text(3),
            });
        }

        return definitions;
    }

    /// <summary>The newest copy of the metadata that the recorder kept in the database, or null.</summary>
    public BagMetadata? ReadEmbeddedMetadata()
    {
        if (!Schema.HasMetadata)
            return null;
        using var query = Database.Prepare("SELECT metadata FROM metadata ORDER BY id DESC LIMIT 1");
        return query.Step() ? BagMetadataReader.Parse(query.Text(0), $"the metadata table of {Database.FileName}") : null;
    }

    /// <summary>First and last timestamp, or null if there is no message. Cheap with the timestamp index.</summary>
    public (long First, long Last)? ReadBounds()
    {
        using var query = Database.Prepare("SELECT (SELECT min(timestamp) FROM messages), (SELECT max(timestamp) FROM messages)");
        return query.Step() && !query.IsNull(0) ? (query.Int64(0), query.Int64(1)) : null;
    }

    public long CountMessages() => Database.QueryInt64("SELECT count(*) FROM messages") ?? 0;

    public void Dispose() => Database.Dispose();
}
