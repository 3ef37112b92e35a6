using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2;

/// <summary>
/// A position in a bag that moves forward message by message; see <see cref="BagReader.ReadMessages"/>. A file is opened
/// when its first message is due and closed after its last. For one thread at a time.
/// </summary>
public sealed class BagCursor : IDisposable
{
    private readonly BagReader _bag;
    private readonly BagReadOptions _options;
    private readonly MessageDecompressor? _decompressor;
    private readonly List<MessagesByTime> _active = [];
    private readonly Queue<BagReaderFile> _waiting = new();
    private MessagesByTime? _current;
    private long _fromNs;
    private long _nextOtherNs;
    private bool _disposed;

    internal BagCursor(BagReader bag, BagReadOptions options)
    {
        _bag = bag;
        _options = options;
        _decompressor = bag.MessagesAreCompressed ? new MessageDecompressor(bag.Bundle.Name, bag.Options.MaxMessageBytes) : null;
        QueueFiles(options.FromNs);
    }

    /// <summary>The current message, valid until the next call of any member. Only after <see cref="MoveNext"/> returned true.</summary>
    /// <exception cref="BagFormatException">The message does not decompress or is not a blob.</exception>
    public BagMessage Current
    {
        get
        {
            if (_current is not { } rows)
                throw new InvalidOperationException("The cursor is not on a message.");
            var data = _decompressor is null ? rows.Data : _decompressor.Decompress(rows.Data);
            return new BagMessage(rows, data);
        }
    }

    /// <summary>Time of the current message, without its data. Only after <see cref="MoveNext"/> returned true.</summary>
    internal long TimestampNs => _current!.TimestampNs;

    /// <summary>Lets <c>foreach</c> run over the cursor.</summary>
    public BagCursor GetEnumerator() => this;

    /// <summary>Moves to the next message.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="BagFormatException">A file is damaged, or was removed.</exception>
    public bool MoveNext()
    {
        if (_current is { } rows)
        {
            if (rows.MoveNext())
            {
                // Nearly always: all other files come later.
                if (rows.TimestampNs < _nextOtherNs)
                    return true;
            }
            else
            {
                _active.Remove(rows);
                rows.Dispose();
            }
        }

        return MoveToEarliest();
    }

    /// <summary>
    /// Goes to a time, forward or back; the next <see cref="MoveNext"/> moves to the first selected message at or after it.
    /// Past the end, there is none. The bounds of <see cref="BagReadOptions"/> stay in force.
    /// </summary>
    /// <param name="timestampNs">Nanoseconds since the Unix epoch.</param>
    public void Seek(long timestampNs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CloseFiles();
        QueueFiles(Math.Max(timestampNs, _options.FromNs));
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        CloseFiles();
        _decompressor?.Dispose();
    }

    private bool MoveToEarliest()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _current = Earliest();
        while (_waiting.TryPeek(out var file) && (_current is null || file.FirstNs <= _current.TimestampNs))
        {
            Activate(_waiting.Dequeue());
            _current = Earliest();
        }

        _nextOtherNs = _waiting.TryPeek(out var next) ? next.FirstNs!.Value : long.MaxValue;
        foreach (var other in _active)
        {
            if (other != _current)
                _nextOtherNs = Math.Min(_nextOtherNs, other.TimestampNs);
        }

        return _current is not null;
    }

    private void QueueFiles(long fromNs)
    {
        _fromNs = fromNs;
        foreach (var file in _bag.Files.Where(file => file.LastNs >= fromNs && file.FirstNs <= _options.ToNs).OrderBy(file => file.FirstNs))
            _waiting.Enqueue(file);
    }

    private void Activate(BagReaderFile file)
    {
        var topics = _bag.SelectTopics(file, _options);
        if (topics.FileIds.Count == 0)
            return;
        var rows = file.Storage.ReadByTime(topics, topics != file.Topics, _fromNs, _options.ToNs);
        rows.FileIndex = file.Index;
        _active.Add(rows); // Before the first step, so that Dispose finds it if that fails.
        if (rows.MoveNext())
            return;
        _active.Remove(rows);
        rows.Dispose();
    }

    /// <summary>Of the active files the one whose message comes next: by timestamp, then by file order.</summary>
    private MessagesByTime? Earliest()
    {
        MessagesByTime? earliest = null;
        foreach (var rows in _active)
        {
            if (earliest is null
                || rows.TimestampNs < earliest.TimestampNs
                || (rows.TimestampNs == earliest.TimestampNs && rows.FileIndex < earliest.FileIndex))
            {
                earliest = rows;
            }
        }

        return earliest;
    }

    private void CloseFiles()
    {
        _current = null;
        _waiting.Clear();
        foreach (var rows in _active)
            rows.Dispose();
        _active.Clear();
    }
}
