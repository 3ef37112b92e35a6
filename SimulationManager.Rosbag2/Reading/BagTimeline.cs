using SimulationManager.Rosbag2.Compression;

namespace SimulationManager.Rosbag2;

/// <summary>
/// When every message of a bag is due, without the payloads: 14 bytes per message in plain arrays, 16 where some are stored
/// a little out of the order of their times, 18 where some are far out of it. Immutable, so one
/// timeline drives any number of agents on any number of threads. Order as in <see cref="BagReader.ReadMessages"/>.
/// </summary>
public sealed class BagTimeline
{
    private readonly TimelineColumns _columns;

    private BagTimeline(TimelineColumns columns) => _columns = columns;

    /// <summary>Messages.</summary>
    public int Count => _columns.Count;

    /// <summary>First timestamp, nanoseconds since the Unix epoch; 0 if there is no message.</summary>
    public long StartNs => Count == 0 ? 0 : TimestampsNs[0];

    /// <summary>Last timestamp, nanoseconds since the Unix epoch; 0 if there is no message.</summary>
    public long EndNs => Count == 0 ? 0 : TimestampsNs[^1];

    /// <summary>Timestamps in ascending order, nanoseconds since the Unix epoch.</summary>
    public ReadOnlySpan<long> TimestampsNs => _columns.TimestampsNs.AsSpan(0, Count);

    /// <summary>Per message, its index in <see cref="BagReader.Topics"/>.</summary>
    public ReadOnlySpan<ushort> TopicIds => _columns.TopicIds.AsSpan(0, Count);

    /// <summary>Per message, its size in bytes (decompressed).</summary>
    public ReadOnlySpan<int> Sizes => _columns.Sizes.AsSpan(0, Count);

    /// <summary>Size of the largest message, bytes; 0 if there is none.</summary>
    public int LargestMessageBytes => _columns.LargestSize;

    /// <summary>Size of all messages, bytes.</summary>
    public long TotalBytes => _columns.TotalSize;

    /// <summary>Memory that the timeline takes, bytes.</summary>
    public long MemoryBytes => _columns.Bytes;

    /// <summary>Reads the timeline of a bag.</summary>
    /// <param name="bag">The bag.</param>
    /// <param name="options">Range and filter; null for everything.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BagFormatException">A file is damaged, or there are more than 2^31 messages or 65,535 files.</exception>
    public static BagTimeline Load(BagReader bag, BagReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bag);
        options ??= BagReadOptions.All;
        if (bag.Files.Count > ushort.MaxValue)
            throw new BagFormatException(BagError.TooLarge, $"The bag has more than {ushort.MaxValue} files.");
        var columns = new TimelineColumns();
        foreach (var file in bag.Files.Where(file => file.LastNs >= options.FromNs && file.FirstNs <= options.ToNs))
            Append(columns, bag, file, options, cancellationToken);
        return Of(columns);
    }

    /// <summary>Where a message lies: its index in <see cref="BagReader.Files"/> and its row id there.</summary>
    /// <param name="index">Place in the timeline, 0 to <see cref="Count"/> - 1.</param>
    public (int FileIndex, long RowId) SourceOf(int index) => _columns.SourceOf(index);

    /// <summary>Index of the first message at or after a time; <see cref="Count"/> if there is none.</summary>
    /// <param name="timestampNs">Nanoseconds since the Unix epoch.</param>
    public int FindFirst(long timestampNs)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (_columns.TimestampsNs[middle] < timestampNs)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>The timeline of messages as they are stored.</summary>
    internal static BagTimeline Of(TimelineColumns columns)
    {
        columns.SortByTime();
        return new BagTimeline(columns);
    }

    private static void Append(TimelineColumns columns, BagReader bag, BagReaderFile file, BagReadOptions options, CancellationToken cancellationToken)
    {
        var topics = bag.SelectTopics(file, options);
        using var decompressor = bag.MessagesAreCompressed ? new MessageDecompressor(file.Name, bag.Options.MaxMessageBytes) : null;
        using var rows = file.Storage.Scan(withData: bag.MessagesAreCompressed, checkData: false);
        while (rows.MoveNext())
        {
            if ((columns.Count & 0xFFFF) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            var topic = topics[rows.TopicId];
            if (topic < 0 || rows.TimestampNs < options.FromNs || rows.TimestampNs > options.ToNs)
                continue;
            columns.Add(rows.TimestampNs, (ushort)topic, (ushort)file.Index, rows.RowId, decompressor?.SizeOf(rows.Data) ?? rows.Size);
        }
    }
}
