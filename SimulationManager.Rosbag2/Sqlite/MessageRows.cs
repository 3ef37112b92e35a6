using SimulationManager.Rosbag2.Storage;
using SQLitePCL;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>
/// The rows of the messages table, reached by id. Ids that rise are served by one running scan, which is as fast as SQLite
/// gets; others by a lookup. So a recording in time order costs a scan, and one that is not still comes out right.
/// </summary>
internal sealed class MessageRows : IMessageLookup
{
    // Walking this many rows costs about as much as a new lookup through the B-tree.
    private const int MaxSkippedRows = 16;

    private readonly StorageFile _file;
    private readonly SqliteStatement _scan;
    private readonly SqliteStatement _lookup;
    private SqliteStatement _current;
    private long _scanId;
    private bool _scanOnRow;
    private bool _lookupUsed;

    /// <param name="file">An open bag file; disposed with this object.</param>
    /// <param name="dataTopics">File topic ids whose data is wanted, or null for all: data of others is not read from disk.</param>
    public MessageRows(StorageFile file, IReadOnlyList<long>? dataTopics)
    {
        _file = file;
        var data = dataTopics is null ? "data" : $"CASE WHEN topic_id IN ({string.Join(',', dataTopics)}) THEN data END";
        _scan = file.Database.Prepare($"SELECT id, topic_id, timestamp, {data} FROM messages WHERE id >= ?1 ORDER BY id");
        _lookup = file.Database.Prepare($"SELECT id, topic_id, timestamp, {data} FROM messages WHERE id = ?1");
        _current = _scan;
    }

    public long TopicId => _current.Int64(1);

    public long TimestampNs => _current.Int64(2);

    /// <summary>The data of the current row, valid until the next call of <see cref="MoveTo"/>.</summary>
    /// <exception cref="BagFormatException">The value is not a blob.</exception>
    public ReadOnlySpan<byte> Data
    {
        get
        {
            var data = _current.Blob(3);
            if (_current.Type(3) != raw.SQLITE_BLOB)
                throw Invalid("data that is not a blob");
            return data;
        }
    }

    /// <summary>Makes the row with this id current.</summary>
    /// <exception cref="BagFormatException">No such row, or a value of the wrong type.</exception>
    public void MoveTo(long id)
    {
        if (_lookupUsed)
        {
            _lookup.Reset();
            _lookupUsed = false;
        }

        if (ScanTo(id))
        {
            _current = _scan;
        }
        else
        {
            _lookup.Bind(1, id);
            _lookupUsed = true;
            _current = _lookup;
            if (!_lookup.Step())
                throw Invalid($"an index that names the message {id}, which is not there");
        }

        if (_current.Type(2) != raw.SQLITE_INTEGER || _current.Type(1) != raw.SQLITE_INTEGER)
            throw Invalid($"a timestamp or topic id that is not a whole number (message {id})");
    }

    public void Dispose()
    {
        _scan.Dispose();
        _lookup.Dispose();
        _file.Dispose();
    }

    private bool ScanTo(long id)
    {
        if (!_scanOnRow || (id > _scanId && (ulong)(id - _scanId) > MaxSkippedRows))
            return StartScan(id);
        while (_scanId < id)
        {
            if (!StepScan())
                return false;
        }

        return _scanId == id;
    }

    private bool StartScan(long id)
    {
        _scan.Reset();
        _scan.Bind(1, id);
        _scanId = long.MinValue;
        return StepScan() && _scanId == id;
    }

    private bool StepScan()
    {
        _scanOnRow = _scan.Step();
        if (!_scanOnRow)
            return false;
        var id = _scan.Int64(0);
        // A damaged tree can lead in circles.
        if (id <= _scanId && _scanId != long.MinValue)
            throw Invalid("rows that are not in order");
        _scanId = id;
        return true;
    }

    private BagFormatException Invalid(string problem) =>
        new(BagError.ValueInvalid, $"{_file.Database.FileName} holds {problem}. The file is damaged; rescue it with sqlite3's '.recover'.", _file.Database.FileName);
}
