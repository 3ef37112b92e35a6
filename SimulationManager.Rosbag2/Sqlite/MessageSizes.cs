using SimulationManager.Rosbag2.Storage;
using SQLitePCL;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>All messages of a file by id, without their data: sizes come from the row headers, so long messages are not read.</summary>
internal sealed class MessageSizes : IMessageScan
{
    private readonly StorageFile _file;
    private readonly SqliteStatement _query;
    private bool _first = true;

    /// <param name="file">An open bag file; disposed with this object.</param>
    /// <param name="withData">True to read the data too.</param>
    /// <param name="checkData">True to check that data is a blob, which takes longer.</param>
    public MessageSizes(StorageFile file, bool withData, bool checkData)
    {
        _file = file;
        // length() of a stored value is in the header of the row: only the header is read.
        _query = file.Database.Prepare($"SELECT id, topic_id, timestamp, length(data), {(checkData ? "typeof(data) = 'blob'" : "1")}, {(withData ? "data" : "NULL")} FROM messages ORDER BY id");
    }

    public long RowId { get; private set; }

    public long TopicId { get; private set; }

    public long TimestampNs { get; private set; }

    public long PublishedNs => TimestampNs;

    public int Size { get; private set; }

    public ReadOnlySpan<byte> Data => _query.Blob(5);

    /// <exception cref="BagFormatException">A row has values of the wrong type, or the file is damaged.</exception>
    public bool MoveNext()
    {
        var previous = RowId;
        var first = _first;
        if (!_query.Step())
            return false;
        _first = false;
        RowId = _query.Int64(0);
        if (!first && RowId <= previous)
            throw Invalid("rows that are not in order");
        if (_query.Type(1) != raw.SQLITE_INTEGER || _query.Type(2) != raw.SQLITE_INTEGER)
            throw Invalid($"a timestamp or topic id that is not a whole number (message {RowId})");
        if (_query.Int64(4) == 0 || _query.Type(3) == raw.SQLITE_NULL)
            throw Invalid($"data that is not a blob (message {RowId})");
        TopicId = _query.Int64(1);
        TimestampNs = _query.Int64(2);
        Size = (int)_query.Int64(3);
        return true;
    }

    public void Dispose()
    {
        _query.Dispose();
        _file.Dispose();
    }

    private BagFormatException Invalid(string problem) =>
        new(BagError.ValueInvalid, $"{_file.Database.FileName} holds {problem}. The file is damaged; rescue it with sqlite3's '.recover'.", _file.Database.FileName);
}
