using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Compression;

/// <summary>Finds out whether messages are compressed, from the messages themselves.</summary>
internal static class CompressionProbe
{
    /// <summary>
    /// Looks at the first message: CDR starts with a zero byte (the encapsulation identifier), a zstd frame never does.
    /// </summary>
    /// <returns>Null if there is no message.</returns>
    public static bool? MessagesAreCompressed(BagStorage storage)
    {
        using var messages = storage.Scan(withData: true, checkData: false);
        return messages.MoveNext() ? ZstdFrame.HasMagic(messages.Data) : null;
    }
}
