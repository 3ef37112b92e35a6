using SimulationManager.Rosbag2.Inspection;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>A <c>.db3</c> file.</summary>
internal sealed class SqliteStorage : BagStorage
{
    private readonly int _maxMessageBytes;

    private SqliteStorage(string path, int maxMessageBytes)
        : base(path) => _maxMessageBytes = maxMessageBytes;

    public override string Identifier => Sqlite3;

    /// <exception cref="BagFormatException">Not a readable rosbag2 database.</exception>
    public static SqliteStorage Read(string path, BagOpenOptions options)
    {
        using var file = StorageFile.Open(path, options.MaxMessageBytes);
        return new SqliteStorage(path, options.MaxMessageBytes)
        {
            Topics = file.ReadTopics(),
            Definitions = file.ReadDefinitions(),
            Bounds = file.ReadBounds(),
            SchemaVersion = file.Schema.Version,
            RosDistro = file.Schema.RosDistro,
            UsesLog = file.UsesLog,
            HasTimestampIndex = file.Schema.HasTimestampIndex,
        };
    }

    public override MessagesByTime ReadByTime(TopicMap topics, bool filtered, long fromNs, long toNs) =>
        new TimeOrderedRows(OpenFile(), topics, filtered, fromNs, toNs);

    public override IMessageScan Scan(bool withData, bool checkData) => new MessageSizes(OpenFile(), withData, checkData);

    public override IMessageLookup OpenLookup() => new MessageRows(OpenFile(), dataTopics: null);

    public override IEnumerable<BagFinding> Check(FileScan scan, CancellationToken cancellationToken)
    {
        if (!HasTimestampIndex)
            yield return new BagFinding(BagFindingCode.TimestampIndexMissing, $"'{scan.File.Name}' has no index on timestamps; reading it starts with a sort.", scan.File.Name);
    }

    private StorageFile OpenFile() => StorageFile.Open(Path, _maxMessageBytes);
}
