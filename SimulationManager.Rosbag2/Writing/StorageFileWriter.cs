namespace SimulationManager.Rosbag2.Writing;

/// <summary>Writes one storage file of a bag, and counts what was written.</summary>
internal abstract class StorageFileWriter(string path) : IDisposable
{
    public string Path { get; } = path;

    public long MessageCount { get; private set; }

    public long FirstNs { get; private set; } = long.MaxValue;

    public long LastNs { get; private set; } = long.MinValue;

    /// <summary>Time of the message written first, which need not be the earliest.</summary>
    public long OpenedAtNs { get; private set; }

    /// <summary>Message data and an estimate of what is stored with it, bytes.</summary>
    public long Bytes { get; private set; }

    public Dictionary<int, long> CountsByTopic { get; } = [];

    public static long SizeOf(ReadOnlySpan<byte> data) => data.Length + 32L;

    public abstract void AddTopic(int topicId, BagTopic topic);

    public abstract void AddDefinition(MessageDefinition definition);

    /// <exception cref="BagFormatException">The format has no place for it.</exception>
    public abstract void AddAttachment(BagAttachment attachment, Stream content);

    /// <exception cref="BagFormatException">The format has no place for it.</exception>
    public abstract void AddMetadataRecord(BagMetadataRecord record);

    public void Write(int topicId, in MessageTimes times, ReadOnlySpan<byte> data)
    {
        Store(topicId, times, data);
        if (MessageCount == 0)
            OpenedAtNs = times.RecordedNs;
        MessageCount++;
        FirstNs = Math.Min(FirstNs, times.RecordedNs);
        LastNs = Math.Max(LastNs, times.RecordedNs);
        Bytes += SizeOf(data);
        CountsByTopic[topicId] = CountsByTopic.GetValueOrDefault(topicId) + 1;
    }

    /// <summary>Writes what comes after the messages, the metadata of this file with it, and closes the file.</summary>
    public abstract void Finish(BagMetadata metadata);

    public abstract void Dispose();

    protected abstract void Store(int topicId, in MessageTimes times, ReadOnlySpan<byte> data);
}

/// <summary>What is stored with a message beside its data.</summary>
/// <param name="RecordedNs">Recorded time, nanoseconds since the Unix epoch.</param>
/// <param name="PublishedNs">Published time, nanoseconds since the Unix epoch.</param>
/// <param name="Sequence">The publisher's counter, or 0.</param>
internal readonly record struct MessageTimes(long RecordedNs, long PublishedNs, uint Sequence);
