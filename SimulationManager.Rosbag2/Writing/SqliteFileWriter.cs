using SimulationManager.Rosbag2.Sqlite;

namespace SimulationManager.Rosbag2.Writing;

/// <summary>Writes one <c>.db3</c> file with schema version 4, in one transaction.</summary>
internal sealed class SqliteFileWriter : StorageFileWriter
{
    public const int SchemaVersion = 4;

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _insertMessage;

    public SqliteFileWriter(string path, string rosDistro)
        : base(path)
    {
        _database = SqliteDatabase.Create(path);
        // No journal: a bag that was not completed is thrown away, never repaired.
        foreach (var pragma in (ReadOnlySpan<string>)["page_size = 4096", "journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"])
            _database.Execute($"PRAGMA {pragma}");
        _database.Execute("BEGIN");
        foreach (var table in (ReadOnlySpan<string>)[
            "schema(schema_version INTEGER PRIMARY KEY,ros_distro TEXT NOT NULL)",
            "metadata(id INTEGER PRIMARY KEY,metadata_version INTEGER NOT NULL,metadata TEXT NOT NULL)",
            "topics(id INTEGER PRIMARY KEY,name TEXT NOT NULL,type TEXT NOT NULL,serialization_format TEXT NOT NULL,offered_qos_profiles TEXT NOT NULL,type_description_hash TEXT NOT NULL)",
            "message_definitions(id INTEGER PRIMARY KEY,topic_type TEXT NOT NULL,encoding TEXT NOT NULL,encoded_message_definition TEXT NOT NULL,type_description_hash TEXT NOT NULL)",
            "messages(id INTEGER PRIMARY KEY,topic_id INTEGER NOT NULL,timestamp INTEGER NOT NULL, data BLOB NOT NULL)",
        ])
        {
            _database.Execute($"CREATE TABLE {table}");
        }

        Insert("INSERT INTO schema(schema_version, ros_distro) VALUES (?1, ?2)", statement =>
        {
            statement.Bind(1, SchemaVersion);
            statement.Bind(2, rosDistro);
        });
        _insertMessage = _database.Prepare("INSERT INTO messages(topic_id, timestamp, data) VALUES (?1, ?2, ?3)");
    }

    public override void AddTopic(int topicId, BagTopic topic) => Insert(
        "INSERT INTO topics(id, name, type, serialization_format, offered_qos_profiles, type_description_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        statement =>
        {
            statement.Bind(1, RowOf(topicId));
            statement.Bind(2, topic.Name);
            statement.Bind(3, topic.Type);
            statement.Bind(4, topic.SerializationFormat);
            statement.Bind(5, topic.OfferedQosProfiles);
            statement.Bind(6, topic.TypeDescriptionHash);
        });

    /// <summary>The table holds text; definitions that are none belong to topics that are not of ROS.</summary>
    public override void AddDefinition(MessageDefinition definition)
    {
        if (!definition.Binary.IsEmpty)
            return;
        Insert(
            "INSERT INTO message_definitions(topic_type, encoding, encoded_message_definition, type_description_hash) VALUES (?1, ?2, ?3, ?4)",
            statement =>
            {
                statement.Bind(1, definition.TopicType);
                statement.Bind(2, definition.Encoding);
                statement.Bind(3, definition.Text);
                statement.Bind(4, definition.TypeDescriptionHash);
            });
    }

    public override void AddAttachment(BagAttachment attachment, Stream content) => throw NoPlace("attachments");

    public override void AddMetadataRecord(BagMetadataRecord record) => throw NoPlace("metadata records");

    /// <summary>Makes the index, stores the metadata of this file and closes it.</summary>
    public override void Finish(BagMetadata metadata)
    {
        // After the messages: one sorted pass instead of an insert into the tree per message.
        _database.Execute("CREATE INDEX timestamp_idx ON messages (timestamp ASC)");
        Insert("INSERT INTO metadata(metadata_version, metadata) VALUES (?1, ?2)", statement =>
        {
            statement.Bind(1, BagMetadata.CurrentVersion);
            statement.Bind(2, BagMetadataWriter.WriteEmbedded(metadata));
        });
        _database.Execute("COMMIT");
        Dispose();
    }

    public override void Dispose()
    {
        _insertMessage.Dispose();
        _database.Dispose();
    }

    protected override void Store(int topicId, in MessageTimes times, ReadOnlySpan<byte> data)
    {
        _insertMessage.Bind(1, RowOf(topicId));
        _insertMessage.Bind(2, times.RecordedNs);
        _insertMessage.Bind(3, data);
        _insertMessage.Run();
    }

    private static BagFormatException NoPlace(string what) =>
        new(BagError.InvalidOperation, $"The sqlite3 storage has no place for {what}. Write MCAP.");

    private static long RowOf(int topicId) => topicId + 1;

    private void Insert(string sql, Action<SqliteStatement> bind)
    {
        using var statement = _database.Prepare(sql);
        bind(statement);
        statement.Run();
    }
}
