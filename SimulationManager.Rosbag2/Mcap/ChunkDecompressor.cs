using SimulationManager.Rosbag2.Compression;
using ZstdSharp;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Decompresses the chunks of one file.</summary>
internal sealed class ChunkDecompressor(string file) : IDisposable
{
    // What a byte can at most become: LZ4 counts lengths in bytes of 255; a zstd block of 4 bytes repeats one 128 KiB long.
    private const long MaxLz4Ratio = 256;
    private const long MaxZstdRatio = 48 * 1024;
    private const int MaxFrameOverheadBytes = 1024;

    private Decompressor? _zstd;

    /// <summary>The compression of a name in a chunk.</summary>
    /// <exception cref="BagFormatException">Another one than zstd and lz4.</exception>
    public static McapCompression Parse(string name, string file) => name switch
    {
        "" or "none" => McapCompression.None,
        "lz4" => McapCompression.Lz4,
        "zstd" => McapCompression.Zstd,
        _ => throw new BagFormatException(BagError.CompressionUnsupported,
            $"{file} has chunks compressed with '{(name.Length <= 20 ? name : name[..20])}'; zstd and lz4 can be read. Convert it with 'mcap compress'.", file),
    };

    /// <summary>False if so few bytes cannot become so many, whatever they are: nothing need be allocated for them.</summary>
    public static bool CanBecome(McapCompression compression, long storedBytes, long bytes) => compression switch
    {
        McapCompression.Lz4 => bytes <= storedBytes * MaxLz4Ratio,
        McapCompression.Zstd => bytes <= storedBytes * MaxZstdRatio,
        _ => bytes == storedBytes,
    };

    /// <summary>False if so many stored bytes are more than compressing so few can have made.</summary>
    public static bool CanComeFrom(long storedBytes, long bytes) => storedBytes <= bytes + (bytes / 64) + MaxFrameOverheadBytes;

    /// <summary>Decompresses a segment.</summary>
    /// <param name="segment">What is said of it.</param>
    /// <param name="stored">Its bytes in the file.</param>
    /// <param name="target">As long as it becomes.</param>
    /// <returns>Bytes written; fewer than <paramref name="target"/> only if the segment is cut.</returns>
    /// <exception cref="BagFormatException">Damaged, or of another size than the chunk says.</exception>
    public int Decompress(in McapSegment segment, ReadOnlySpan<byte> stored, Span<byte> target)
    {
        try
        {
            var written = segment.Compression == McapCompression.Lz4
                ? Lz4Frame.Decode(stored, target, checkContent: segment.Crc == 0, segment.IsCut)
                : DecompressZstd(stored, target, segment.IsCut);
            return written == target.Length || segment.IsCut ? written : throw Corrupt(segment, null);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or ZstdException)
        {
            return segment.IsCut ? 0 : throw Corrupt(segment, error);
        }
    }

    public void Dispose() => _zstd?.Dispose();

    private int DecompressZstd(ReadOnlySpan<byte> stored, Span<byte> target, bool isCut)
    {
        _zstd ??= new Decompressor();
        if (!isCut)
            return _zstd.TryUnwrap(stored, target, out var written) ? written : throw new InvalidDataException();
        if (!ZstdFrame.HasMagic(stored))
            return 0;
        _zstd.ResetStream();
        _zstd.UnwrapStream(stored, target, out _, out var decoded);
        return decoded;
    }

    private BagFormatException Corrupt(in McapSegment segment, Exception? cause) => new(BagError.CompressionCorrupt,
        $"{file} is damaged: the chunk at byte {segment.Position} does not decompress. Recover the rest with 'mcap recover'.", file, cause);
}
