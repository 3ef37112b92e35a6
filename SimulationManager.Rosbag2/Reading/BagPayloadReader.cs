using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Sqlite;

namespace SimulationManager.Rosbag2;

/// <summary>
/// Fetches payloads by their place in a <see cref="BagTimeline"/>, in any order; ascending order is fastest. Keeps a few
/// files open. For one thread at a time; a fetch does not allocate once its file is open.
/// </summary>
/// <param name="bag">The bag that the timeline was loaded from.</param>
/// <param name="timeline">The timeline.</param>
public sealed class BagPayloadReader(BagReader bag, BagTimeline timeline) : IDisposable
{
    private const int MaxOpenFiles = 16;

    private readonly List<OpenFile> _open = [];
    private readonly MessageDecompressor? _decompressor =
        bag.MessagesAreCompressed ? new MessageDecompressor(bag.Bundle.Name, bag.Options.MaxMessageBytes) : null;

    private bool _disposed;

    /// <summary>The payload of a message, valid until the next call.</summary>
    /// <param name="index">Place in the timeline, 0 to <see cref="BagTimeline.Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such place.</exception>
    /// <exception cref="BagFormatException">The file is damaged or was removed, or the message does not decompress.</exception>
    public ReadOnlySpan<byte> Fetch(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, timeline.Count);
        var rows = Rows(timeline.FileIndexes[index]);
        rows.MoveTo(timeline.RowIds[index]);
        return _decompressor is null ? rows.Data : _decompressor.Decompress(rows.Data);
    }

    /// <summary>Copies the payload of a message.</summary>
    /// <param name="index">Place in the timeline, 0 to <see cref="BagTimeline.Count"/> - 1.</param>
    /// <param name="destination">At least <see cref="BagTimeline.Sizes"/> of that place long.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="BagFormatException">As for <see cref="Fetch"/>.</exception>
    public int Read(int index, Span<byte> destination)
    {
        var payload = Fetch(index);
        payload.CopyTo(destination);
        return payload.Length;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var file in _open)
            file.Dispose();
        _decompressor?.Dispose();
    }

    private MessageRows Rows(int fileIndex)
    {
        for (var i = 0; i < _open.Count; i++)
        {
            if (_open[i].FileIndex == fileIndex)
                return _open[i].Rows;
        }

        if (_open.Count == MaxOpenFiles)
        {
            _open[0].Dispose();
            _open.RemoveAt(0);
        }

        var storage = bag.OpenStorage(bag.Files[fileIndex]);
        _open.Add(new OpenFile(fileIndex, storage, new MessageRows(storage.Database, dataTopics: null)));
        return _open[^1].Rows;
    }

    private sealed record OpenFile(int FileIndex, StorageFile Storage, MessageRows Rows) : IDisposable
    {
        public void Dispose()
        {
            Rows.Dispose();
            Storage.Dispose();
        }
    }
}
