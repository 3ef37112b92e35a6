using SimulationManager.Rosbag2.Inspection;
using SimulationManager.Rosbag2.Mcap;
using SimulationManager.Rosbag2.Sqlite;

namespace SimulationManager.Rosbag2.Storage;

/// <summary>
/// What one storage file says of itself, and the ways to read its messages. Immutable and without an open file: each way
/// to read opens the file anew and belongs to one thread at a time.
/// </summary>
internal abstract class BagStorage(string path)
{
    public const int MaxTopics = ushort.MaxValue;

    public const string Sqlite3 = "sqlite3";

    public const string Mcap = "mcap";

    public string Path { get; } = path;

    /// <summary>The storage plug-in's name, as metadata.yaml has it.</summary>
    public abstract string Identifier { get; }

    /// <summary>Topics by their ids in this file; one name may have several.</summary>
    public IReadOnlyList<(long Id, BagTopic Topic)> Topics { get; protected init; } = [];

    public IReadOnlyList<MessageDefinition> Definitions { get; protected init; } = [];

    /// <summary>First and last timestamp, or null if there is no message.</summary>
    public (long First, long Last)? Bounds { get; protected init; }

    /// <summary>Version of the sqlite3 schema; 0 for other formats.</summary>
    public int SchemaVersion { get; protected init; }

    public string RosDistro { get; protected init; } = "";

    public IReadOnlyList<BagAttachment> Attachments { get; protected init; } = [];

    public IReadOnlyList<BagMetadataRecord> MetadataRecords { get; protected init; } = [];

    /// <summary>True if the file was written with a write-ahead log: what a killed recorder wrote last is not in it.</summary>
    public bool UsesLog { get; protected init; }

    /// <summary>False if reading by time starts with a sort of the whole file.</summary>
    public bool HasTimestampIndex { get; protected init; } = true;

    /// <param name="path">The file.</param>
    /// <param name="options">Limits.</param>
    /// <param name="cache">Where MCAP files keep chunks, in common for the bag.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BagFormatException">Not a storage file, or one that cannot be read.</exception>
    public static BagStorage Open(string path, BagOpenOptions options, SegmentCache cache, CancellationToken cancellationToken) =>
        McapMagic.IsMcap(path) ? McapStorage.Read(path, options, cache, cancellationToken) : SqliteStorage.Read(path, options);

    /// <param name="topics">The topics to deliver; messages of others are skipped.</param>
    /// <param name="filtered">False if <paramref name="topics"/> has all topics of the file.</param>
    /// <param name="fromNs">First timestamp.</param>
    /// <param name="toNs">Last timestamp.</param>
    public abstract MessagesByTime ReadByTime(TopicMap topics, bool filtered, long fromNs, long toNs);

    /// <param name="withData">True to read the data too.</param>
    /// <param name="checkData">True to check also what reading by time depends on and a scan does not, which may take longer.</param>
    public abstract IMessageScan Scan(bool withData, bool checkData);

    public abstract IMessageLookup OpenLookup();

    /// <summary>What is odd about this file beyond its messages.</summary>
    public abstract IEnumerable<BagFinding> Check(FileScan scan, CancellationToken cancellationToken);
}
