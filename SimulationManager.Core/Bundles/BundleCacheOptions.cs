using SimulationManager.Replay;

namespace SimulationManager.Core.Bundles;

/// <summary>Settings of a bundle cache: of a silo's in section <c>Replay</c>, of the API's in section <c>Viewing</c>.</summary>
public sealed class BundleCacheOptions
{
    /// <summary>Folder for downloaded bundles; empty: below the system's folder for temporary files.</summary>
    public string CacheFolder { get; set; } = "";

    /// <summary>Bytes that the folder may hold; bundles that agents play stay beyond it.</summary>
    public long CacheSize { get; set; } = 20L << 30;

    /// <summary>Bytes of memory for what was read last of a bundle: once for payloads, and for MCAP once more for unpacked chunks. Chunks in use stay beyond it.</summary>
    public long MemoryPerBundle { get; set; } = Recording.DefaultCacheBytes;

    /// <summary>How long object storage may be away before the agents that wait for a bundle fail.</summary>
    public TimeSpan FetchWithin { get; set; } = TimeSpan.FromSeconds(60);
}
