using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Compression;

/// <summary>Finds out whether messages are compressed, from the messages themselves.</summary>
internal static class CompressionProbe
{
    private const int MaxMessages = 64;
    private const int MaxEmptyMessages = 4096;
    private const long MaxBytes = 1024 * 1024;

    /// <summary>
    /// Looks at the first messages: CDR starts with a zero byte (the encapsulation identifier), a zstd frame never does. One
    /// frame decides, since a recorder may have left some messages as they are, and those without data say nothing.
    /// </summary>
    public static bool MessagesAreCompressed(BagStorage storage)
    {
        // Payloads of another serialization may be zstd frames by themselves.
        var topics = storage.Topics.Where(entry => entry.Topic.SerializationFormat == "cdr").Select(entry => entry.Id).ToHashSet();
        using var messages = storage.Scan(withData: true, checkData: false);
        var (looked, empty, bytes) = (0, 0, 0L);
        while (looked < MaxMessages && empty < MaxEmptyMessages && bytes < MaxBytes && MoveNext(messages, isFirst: looked + empty == 0))
        {
            if (messages.Size == 0)
                empty++;
            else
                looked++;
            bytes += messages.Size;
            if (ZstdFrame.HasMagic(messages.Data) && topics.Contains(messages.TopicId))
                return true;
        }

        return false;
    }

    /// <summary>Damage further on is found, and said, by those who read so far.</summary>
    private static bool MoveNext(IMessageScan messages, bool isFirst)
    {
        try
        {
            return messages.MoveNext();
        }
        catch (BagFormatException) when (!isFirst)
        {
            return false;
        }
    }
}
