using SimulationManager.Rosbag2.Storage;
using SQLitePCL;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>
/// The messages of one file in the order (timestamp, id). The small (timestamp, id) index gives the order and
/// <see cref="MessageRows"/> the rows; sorting whole rows, as ORDER BY over all columns may do, would copy every message.
/// </summary>
internal sealed class TimeOrderedRows : MessagesByTime
{
    private readonly StorageFile _file;
    private readonly SqliteStatement _order;
    private readonly MessageRows _rows;
    private readonly TopicMap _topics;
    private readonly long _toNs;
    private bool _started;

    /// <param name="file">An open file; disposed with this object.</param>
    /// <param name="topics">The topics to deliver; messages of others are skipped.</param>
    /// <param name="filtered">False if <paramref name="topics"/> has all topics of the file.</param>
    /// <param name="fromNs">First timestamp.</param>
    /// <param name="toNs">Last timestamp.</param>
    public TimeOrderedRows(StorageFile file, TopicMap topics, bool filtered, long fromNs, long toNs)
    {
        _file = file;
        _topics = topics;
        _toNs = toNs;
        _rows = new MessageRows(file, filtered ? topics.FileIds : null);
        _order = file.Database.Prepare("SELECT timestamp, id FROM messages WHERE timestamp >= ?1 ORDER BY timestamp, id");
        _order.Bind(1, fromNs);
    }

    /// <summary>The stored bytes of the current message, valid until the next <see cref="MoveNext"/>.</summary>
    public override ReadOnlySpan<byte> Data => _rows.Data;

    /// <exception cref="BagFormatException">The file is damaged.</exception>
    public override bool MoveNext()
    {
        while (_order.Step())
        {
            var timestamp = _order.Int64(0);
            var id = _order.Int64(1);
            CheckOrder(timestamp, id);
            if (timestamp > _toNs)
                return false;
            TimestampNs = timestamp;
            RowId = id;
            _rows.MoveTo(id);
            if (_rows.TimestampNs != timestamp)
                throw Damaged($"its time index gives message {id} another timestamp than the message has");
            TopicId = _topics[_rows.TopicId];
            if (TopicId >= 0)
                return true;
        }

        return false;
    }

    public override void Dispose()
    {
        _order.Dispose();
        _rows.Dispose();
    }

    // Besides finding damage, this ends the walk when a hostile tree leads in circles.
    private void CheckOrder(long timestamp, long id)
    {
        if (_started && (timestamp < TimestampNs || (timestamp == TimestampNs && id <= RowId)))
        {
            throw _order.Type(0) == raw.SQLITE_INTEGER
                ? Damaged("its time index is not in order")
                : new BagFormatException(BagError.ValueInvalid,
                    $"{_file.Database.FileName} holds a timestamp that is not a whole number. The file is damaged; rescue it with sqlite3's '.recover'.", _file.Database.FileName);
        }

        _started = true;
    }

    private BagFormatException Damaged(string problem) =>
        new(BagError.StorageCorrupt,
            $"{_file.Database.FileName} is damaged: {problem}. Rebuild it with sqlite3's 'REINDEX' or '.recover'.", _file.Database.FileName);
}
