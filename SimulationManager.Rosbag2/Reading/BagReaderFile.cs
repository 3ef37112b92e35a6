using SimulationManager.Rosbag2.Sqlite;

namespace SimulationManager.Rosbag2;

/// <summary>A storage file of an open bag.</summary>
public sealed class BagReaderFile
{
    internal BagReaderFile(int index, BagBundleFile file, string databasePath, StorageFile storage, TopicMap topics)
    {
        Index = index;
        Name = file.Name;
        DatabasePath = databasePath;
        Topics = topics;
        SizeBytes = new FileInfo(file.Path).Length;
        SchemaVersion = storage.Schema.Version;
        RosDistro = storage.Schema.RosDistro;
        HasTimestampIndex = storage.Schema.HasTimestampIndex;
        if (storage.ReadBounds() is { } bounds)
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

    /// <summary>Version of the sqlite3 storage schema, 1 to 4.</summary>
    public int SchemaVersion { get; }

    /// <summary>ROS distribution that wrote the file, or empty (schema versions 1 and 2).</summary>
    public string RosDistro { get; }

    /// <summary>False if the file lacks the index on timestamps that rosbag2 makes; reading it starts with a sort.</summary>
    public bool HasTimestampIndex { get; }

    internal string DatabasePath { get; }

    internal TopicMap Topics { get; }
}
