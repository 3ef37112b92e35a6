using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Mcap;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2;

/// <summary>
/// A bag that is read by its <see cref="BagIndex"/> while its files arrive: a payload can be read as soon as the bytes that
/// <see cref="RangeOf"/> names are there. For any number of threads, each with readers of its own.
/// </summary>
public sealed class IndexedBag : IDisposable
{
    private readonly string _folder;
    private readonly BagOpenOptions _options;
    private readonly FileDecompressor _decompressor;
    private readonly SegmentCache _cache;
    private readonly Lazy<BagStorage>[] _files;

    /// <param name="index">The bag's index.</param>
    /// <param name="folder">The folder in which its files are, or will be.</param>
    /// <param name="decompressionFolder">As <see cref="BagOpenOptions.DecompressionFolder"/>.</param>
    /// <param name="chunkCacheBytes">As <see cref="BagOpenOptions.ChunkCacheBytes"/>; null: that of the index's options.</param>
    public IndexedBag(BagIndex index, string folder, string? decompressionFolder = null, long? chunkCacheBytes = null)
    {
        ArgumentNullException.ThrowIfNull(index);
        Index = index;
        _folder = folder;
        _options = index.Options with { DecompressionFolder = decompressionFolder, ChunkCacheBytes = chunkCacheBytes ?? index.Options.ChunkCacheBytes };
        _decompressor = new FileDecompressor(_options);
        _cache = new SegmentCache(_options.ChunkCacheBytes);
        // An attempt that fails is made again: the file may not have been there.
        _files = [.. index.Head.Files.Select(file => new Lazy<BagStorage>(() => Open(file), LazyThreadSafetyMode.PublicationOnly))];
    }

    /// <summary>The index.</summary>
    public BagIndex Index { get; }

    /// <summary>Opens files that are all there now, and so finds out whether they are the ones that the index was made of.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BagFormatException">One is damaged, or another one.</exception>
    public void OpenFiles(CancellationToken cancellationToken = default)
    {
        foreach (var file in _files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (file.Value is not McapStorage mcap || BagStorage.Open(mcap.Path, _options, _cache, cancellationToken) is McapStorage found && found.Segments.SequenceEqual(mcap.Segments))
                continue;
            var name = Path.GetFileName(mcap.Path);
            throw new BagFormatException(BagError.ValueInvalid, $"{name} was changed after its index was made.", name);
        }
    }

    /// <summary>Opens a reader of payloads.</summary>
    /// <param name="timeline">A timeline of the index.</param>
    public BagPayloadReader OpenPayloads(BagTimeline timeline) =>
        new(file => _files[file].Value.OpenLookup(), Index.Head.MessagesAreCompressed ? new MessageDecompressor(Index.Head.Name, _options.MaxMessageBytes) : null, timeline);

    /// <summary>The bytes that must be there before a message can be read.</summary>
    /// <param name="timeline">A timeline of the index.</param>
    /// <param name="message">Place in the timeline, 0 to <see cref="BagTimeline.Count"/> - 1.</param>
    /// <returns>The file's place in <see cref="BagIndex.Files"/>, and the position and length in it.</returns>
    public (int File, long Position, long Length) RangeOf(BagTimeline timeline, int message)
    {
        ArgumentNullException.ThrowIfNull(timeline);
        var (file, row) = timeline.SourceOf(message);
        if (Index.Head.Files[file] is not { Segments: { } segments } indexed)
            return (file, 0, Index.Head.Files[file].SizeBytes);
        var segment = McapSegment.Split(row).Segment;
        return (uint)segment < (uint)segments.Count
            ? (file, segments[segment].Position, segments[segment].StoredBytes)
            : throw new BagFormatException(BagError.ValueInvalid, $"The index of {Index.Head.Name} names a chunk that {indexed.Name} does not have. Make it anew.", indexed.Name);
    }

    /// <summary>Deletes what was decompressed into a temporary folder. Readers must be disposed before.</summary>
    public void Dispose() => _decompressor.Dispose();

    private BagStorage Open(Indexing.IndexedFile file)
    {
        var path = Path.Combine(_folder, file.Name);
        if (file.Segments is { } segments)
            return McapStorage.Of(path, segments, _options, _cache);
        // Once at a time: a file is large when it is decompressed.
        lock (_decompressor)
        {
            return BagStorage.Open(file.IsCompressed ? _decompressor.Decompress(path, CancellationToken.None) : path, _options, _cache, CancellationToken.None);
        }
    }
}
