namespace SimulationManager.Rosbag2;

/// <summary>Limits and places for reading a bag.</summary>
public sealed record BagOpenOptions
{
    /// <summary>The defaults.</summary>
    public static BagOpenOptions Default { get; } = new();

    /// <summary>
    /// Folder into which <c>.db3.zstd</c> and <c>.mcap.zstd</c> files are decompressed. Files there are kept and used again by later readers of
    /// the same bag. Null (default): a temporary folder that is deleted when the reader is disposed.
    /// </summary>
    public string? DecompressionFolder { get; init; }

    /// <summary>Largest size of one decompressed storage file, bytes. Default 16 GiB.</summary>
    public long MaxDecompressedFileBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>Largest message after decompression, bytes, 1 MiB to 1 GiB. Default 256 MiB.</summary>
    public int MaxMessageBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Largest MCAP chunk after decompression, bytes, 1 MiB to 1 GiB. Default 320 MiB; recorders make them of 1 to 4 MiB.</summary>
    public int MaxChunkBytes { get; init; } = 320 * 1024 * 1024;

    /// <summary>
    /// Decompressed MCAP chunks that the payload readers of a bag keep in common, bytes; chunks in use are kept
    /// whatever their size. Default 64 MiB.
    /// </summary>
    public long ChunkCacheBytes { get; init; } = 64 * 1024 * 1024;
}
