namespace SimulationManager.Rosbag2;

/// <summary>How the chunks of an MCAP file are compressed.</summary>
public enum McapCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>LZ4 frames: fast, and larger.</summary>
    Lz4,

    /// <summary>Zstandard frames.</summary>
    Zstd,
}
