using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Inspection;

/// <summary>What one walk over the rows of a storage file shows.</summary>
internal sealed class FileScan
{
    public const long JumpNs = 24L * 3600 * 1_000_000_000;

    private readonly TopicCount[] _topics;

    private FileScan(BagReaderFile file, int topics)
    {
        File = file;
        _topics = new TopicCount[topics];
    }

    public BagReaderFile File { get; }

    public long MessageCount { get; private set; }

    public long Orphans { get; private set; }

    /// <summary>Messages whose timestamp is before that of the message stored before them.</summary>
    public long Backwards { get; private set; }

    public long Negative { get; private set; }

    public long LongestGapNs { get; private set; }

    /// <summary>The time at which the longest gap is over.</summary>
    public long LongestGapEndNs { get; private set; }

    /// <summary>Messages of a bag of compressed messages that are not compressed.</summary>
    public long PlainMessages { get; private set; }

    public long FirstPlainRowId { get; private set; }

    /// <summary>Messages on a topic, by its id in the bag.</summary>
    public long CountOf(int topicId) => _topics[topicId].Messages;

    /// <exception cref="BagFormatException">The file is damaged.</exception>
    public static FileScan Run(BagReader bag, BagReaderFile file, CancellationToken cancellationToken)
    {
        var scan = new FileScan(file, bag.Topics.Count);
        using var decompressor = bag.MessagesAreCompressed ? new MessageDecompressor(file.Name, bag.Options.MaxMessageBytes) : null;
        using var rows = file.Storage.Scan(withData: decompressor is not null, checkData: true);
        var previous = (long?)null;
        while (rows.MoveNext())
        {
            if ((scan.MessageCount & 0xFFFF) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            scan.Add(file.Topics[rows.TopicId], rows.TimestampNs, rows.Size, previous);
            previous = rows.TimestampNs;
            if (decompressor is not null)
                scan.Decompress(rows, decompressor);
        }

        return scan;
    }

    public static BagInfo Describe(BagReader bag, IReadOnlyList<FileScan> scans) => new()
    {
        Name = bag.Bundle.Name,
        StorageIdentifier = bag.StorageIdentifier,
        RosDistro = bag.RosDistro,
        MetadataVersion = bag.Bundle.Metadata?.Version,
        SchemaVersion = bag.Files.Select(file => file.SchemaVersion).DefaultIfEmpty(0).Max(),
        Compression = bag.Compression,
        Topics = [.. bag.Topics.Select((topic, id) => Describe(topic, [.. scans.Select(scan => scan._topics[id]).Where(count => count.Messages > 0)]))],
        MessageDefinitions = bag.MessageDefinitions,
        Files = [.. scans.Select(scan => scan.DescribeFile())],
    };

    private static BagTopicInfo Describe(BagTopic topic, IReadOnlyList<TopicCount> counts) => new()
    {
        Topic = topic,
        MessageCount = counts.Sum(count => count.Messages),
        TotalBytes = counts.Sum(count => count.Bytes),
        LargestMessageBytes = counts.Select(count => count.Largest).DefaultIfEmpty(0).Max(),
        FirstNs = counts.Count == 0 ? null : counts.Min(count => count.FirstNs),
        LastNs = counts.Count == 0 ? null : counts.Max(count => count.LastNs),
    };

    private BagFileInfo DescribeFile()
    {
        var used = _topics.Where(count => count.Messages > 0).ToList();
        return new BagFileInfo
        {
            Name = File.Name,
            SizeBytes = File.SizeBytes,
            MessageCount = MessageCount - Orphans,
            FirstNs = used.Count == 0 ? null : used.Min(count => count.FirstNs),
            LastNs = used.Count == 0 ? null : used.Max(count => count.LastNs),
            SchemaVersion = File.SchemaVersion,
        };
    }

    private void Add(int topicId, long timestampNs, int size, long? previousNs)
    {
        MessageCount++;
        if (timestampNs < 0)
            Negative++;
        if (previousNs is { } previous)
        {
            if (timestampNs < previous)
                Backwards++;
            var gap = TimeSpanNs.Between(previous, timestampNs);
            if (gap > LongestGapNs)
                (LongestGapNs, LongestGapEndNs) = (gap, timestampNs);
        }

        if (topicId < 0)
            Orphans++;
        else
            _topics[topicId].Add(timestampNs, size);
    }

    /// <summary>A message that does not decompress would fail every replay.</summary>
    private void Decompress(IMessageScan rows, MessageDecompressor decompressor)
    {
        if (ZstdFrame.HasMagic(rows.Data))
        {
            decompressor.Decompress(rows.Data);
        }
        else if (!rows.Data.IsEmpty)
        {
            if (PlainMessages == 0)
                FirstPlainRowId = rows.RowId;
            PlainMessages++;
        }
    }

    private struct TopicCount
    {
        public long Messages { get; private set; }

        public long Bytes { get; private set; }

        public long Largest { get; private set; }

        public long FirstNs { get; private set; }

        public long LastNs { get; private set; }

        public void Add(long timestampNs, int size)
        {
            FirstNs = Messages == 0 ? timestampNs : Math.Min(FirstNs, timestampNs);
            LastNs = Messages == 0 ? timestampNs : Math.Max(LastNs, timestampNs);
            Messages++;
            Bytes += size;
            Largest = Math.Max(Largest, size);
        }
    }
}
