using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2;

/// <summary>
/// Fetches payloads by their place in a <see cref="BagTimeline"/>, in any order; ascending order is fastest. Keeps a few
/// files open. For one thread at a time; a fetch does not allocate once its file is open (and, for MCAP, its chunk is
/// among those kept: <see cref="BagOpenOptions.ChunkCacheBytes"/>).
/// </summary>
public sealed class BagPayloadReader : IDisposable
{
    private const int MaxOpenFiles = 16;

    private readonly Func<int, IMessageLookup> _openFile;
    private readonly MessageDecompressor? _decompressor;
    private readonly BagTimeline _timeline;
    private readonly List<(int FileIndex, IMessageLookup Messages)> _open = [];
    private bool _disposed;

    /// <summary>Creates a reader.</summary>
    /// <param name="bag">The bag that the timeline was loaded from.</param>
    /// <param name="timeline">The timeline.</param>
    public BagPayloadReader(BagReader bag, BagTimeline timeline)
        : this(file => bag.Files[file].Storage.OpenLookup(), bag.MessagesAreCompressed ? new MessageDecompressor(bag.Bundle.Name, bag.Options.MaxMessageBytes) : null, timeline)
    {
    }

    /// <param name="openFile">Opens the file of an index.</param>
    /// <param name="decompressor">For compressed messages; it is the reader's from here on.</param>
    /// <param name="timeline">The timeline.</param>
    internal BagPayloadReader(Func<int, IMessageLookup> openFile, MessageDecompressor? decompressor, BagTimeline timeline) =>
        (_openFile, _decompressor, _timeline) = (openFile, decompressor, timeline);

    /// <summary>The payload of a message, valid until the next call.</summary>
    /// <param name="index">Place in the timeline, 0 to <see cref="BagTimeline.Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such place.</exception>
    /// <exception cref="BagFormatException">The file is damaged or was removed, or the message does not decompress.</exception>
    public ReadOnlySpan<byte> Fetch(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _timeline.Count);
        var (fileIndex, rowId) = _timeline.SourceOf(index);
        var messages = MessagesOf(fileIndex);
        messages.MoveTo(rowId);
        return _decompressor is null ? messages.Data : _decompressor.Decompress(messages.Data);
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
        foreach (var (_, messages) in _open)
            messages.Dispose();
        _decompressor?.Dispose();
    }

    private IMessageLookup MessagesOf(int fileIndex)
    {
        for (var i = 0; i < _open.Count; i++)
        {
            if (_open[i].FileIndex == fileIndex)
                return _open[i].Messages;
        }

        if (_open.Count == MaxOpenFiles)
        {
            _open[0].Messages.Dispose();
            _open.RemoveAt(0);
        }

        _open.Add((fileIndex, _openFile(fileIndex)));
        return _open[^1].Messages;
    }
}
