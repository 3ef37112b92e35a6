namespace SimulationManager.Worker.Bundles;

/// <summary>Settings of a silo's bundle cache. In configuration they stand among the replay engine's, in section <c>Replay</c>.</summary>
public sealed class BundleCacheOptions
{
    /// <summary>Folder for downloaded bundles; empty: below the system's folder for temporary files.</summary>
    public string CacheFolder { get; set; } = "";

    /// <summary>Bytes that the folder may hold; bundles that agents play stay beyond it.</summary>
    public long CacheSize { get; set; } = 20L << 30;

    /// <summary>How long object storage may be away before the agents that wait for a bundle fail.</summary>
    public TimeSpan FetchWithin { get; set; } = TimeSpan.FromSeconds(60);
}
