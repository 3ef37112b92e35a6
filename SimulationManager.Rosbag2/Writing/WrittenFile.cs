using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Writing;

/// <summary>A file of a bag that was written, as the metadata describes it.</summary>
/// <param name="Information">Name, times and messages.</param>
/// <param name="Counts">Messages by topic id.</param>
internal sealed record WrittenFile(BagFileInformation Information, Dictionary<int, long> Counts)
{
    public static WrittenFile Of(StorageFileWriter file, string suffix) => new(
        new BagFileInformation
        {
            Path = Path.GetFileName(file.Path) + suffix,
            StartingTimeNs = file.MessageCount == 0 ? BagMetadata.NoStartingTime : file.FirstNs,
            DurationNs = file.MessageCount == 0 ? 0 : TimeSpanNs.Between(file.FirstNs, file.LastNs),
            MessageCount = file.MessageCount,
        },
        file.CountsByTopic);

    /// <summary>The metadata of a bag of these files.</summary>
    public static BagMetadata Describe(List<WrittenFile> files, List<BagTopic> topics, BagWriterOptions options)
    {
        var filled = files.Select(file => file.Information).Where(file => file.MessageCount > 0).ToList();
        var start = filled.Count == 0 ? BagMetadata.NoStartingTime : filled.Min(file => file.StartingTimeNs);
        return new BagMetadata
        {
            StorageIdentifier = options.Storage == BagStorageFormat.Mcap ? BagStorage.Mcap : BagStorage.Sqlite3,
            StartingTimeNs = start,
            DurationNs = filled.Count == 0 ? 0 : filled.Max(file => TimeSpanNs.Add(TimeSpanNs.Between(start, file.StartingTimeNs), file.DurationNs)),
            MessageCount = filled.Sum(file => file.MessageCount),
            Topics = [.. topics.Select((topic, id) => new BagTopicCount(topic, files.Sum(file => file.Counts.GetValueOrDefault(id))))],
            CompressionFormat = options.Compression == BagCompression.None ? "" : "zstd",
            Compression = options.Compression,
            RelativeFilePaths = [.. files.Select(file => file.Information.Path)],
            Files = [.. files.Select(file => file.Information)],
            CustomData = options.CustomData,
            RosDistro = options.RosDistro,
        };
    }
}
