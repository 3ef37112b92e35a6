using SimulationManager.Rosbag2.Sqlite;

namespace SimulationManager.Rosbag2.Compression;

/// <summary>Finds out whether messages are compressed, from the messages themselves.</summary>
internal static class CompressionProbe
{
    /// <summary>
    /// Looks at the first message: CDR starts with a zero byte (the encapsulation identifier), a zstd frame never does.
    /// </summary>
    /// <returns>Null if there is no message.</returns>
    public static bool? MessagesAreCompressed(StorageFile storage)
    {
        using var query = storage.Database.Prepare("SELECT data FROM messages ORDER BY id LIMIT 1");
        return query.Step() ? ZstdFrame.HasMagic(query.Blob(0)) : null;
    }
}
