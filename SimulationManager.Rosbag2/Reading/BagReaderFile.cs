using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2;

/// <summary>A storage file of an open bag.</summary>
public sealed class BagReaderFile
{
    internal BagReaderFile(int index, BagBundleFile file, BagStorage storage, TopicMap topics, bool isCompressed)
    {
        IsCompressed = isCompressed;
        Index = index;
        Name = file.Name;
        Storage = storage;
        Topics = topics;
        SizeBytes = new FileInfo(file.Path).Length;
        SchemaVersion = storage.SchemaVersion;
        RosDistro = storage.RosDistro;
        HasTimestampIndex = storage.HasTimestampIndex;
        if (storage.Bounds is { } bounds)
            (FirstNs, LastNs) = bounds;
    }

    /// <summary>Position in <see cref="BagReader.Files"/>.</summary>
    public int Index { get; }

    /// <summary>Path in the bundle.</summary>
    public string Name { get; }

    /// <summary>Size in the bundle (compressed, if it is), bytes.</summary>
    public long SizeBytes { get; }

    /// <summary>First timestamp, nanoseconds since the Unix epoch; null if the file has no message.</summary>
    public long? FirstNs { get; }

    /// <summary>Last timestamp, nanoseconds since the Unix epoch; null if the file has no message.</summary>
    public long? LastNs { get; }

    /// <summary>Storage plug-in that wrote the file: <c>sqlite3</c> or <c>mcap</c>.</summary>
    public string StorageIdentifier => Storage.Identifier;

    /// <summary>Version of the sqlite3 storage schema, 1 to 4; 0 for MCAP.</summary>
    public int SchemaVersion { get; }

    /// <summary>ROS distribution that wrote the file, or empty if the file does not say.</summary>
    public string RosDistro { get; }

    /// <summary>False if the file lacks the index on timestamps that rosbag2 makes; reading it starts with a sort. MCAP files do not need one.</summary>
    public bool HasTimestampIndex { get; }

    internal BagStorage Storage { get; }

    /// <summary>True for a file that was decompressed to read it.</summary>
    internal bool IsCompressed { get; }

    internal TopicMap Topics { get; }
}
