using SimulationManager.Rosbag2.Writing;

namespace SimulationManager.Rosbag2;

/// <summary>What became of a bag that was written anew.</summary>
/// <param name="Metadata">The metadata of the new bag.</param>
/// <param name="NotCarried">What the new storage has no place for, each a sentence; empty when everything was carried.</param>
public sealed record BagConversion(BagMetadata Metadata, IReadOnlyList<string> NotCarried);

/// <summary>Writes bags anew in another storage, with the same topics, definitions and payloads, byte for byte.</summary>
public static class BagConverter
{
    /// <summary>
    /// Writes a bag anew. Messages come in the order of their times, whatever files they lie in; of the source only what is
    /// due is in memory (a row, or the chunks that overlap in time), of the target a chunk, so the size of the bag does not
    /// matter. Without split limits in <paramref name="options"/> the new bag is one file.
    /// </summary>
    /// <param name="source">The bag.</param>
    /// <param name="folder">A folder that does not exist yet or is empty. Its name becomes the bag's.</param>
    /// <param name="options">
    /// How to write; <see cref="BagWriterOptions.Storage"/> is what to convert to. The distribution and custom data of the
    /// source replace those given.
    /// </param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind then.</param>
    /// <exception cref="BagFormatException">The source is damaged or has a topic of two types, the folder is not empty, or the disk is full.</exception>
    public static BagConversion Convert(BagReader source, string folder, BagWriterOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Merge([source], folder, options, cancellationToken);
    }

    /// <summary>
    /// Writes several bags as one, as <c>ros2 bag play</c> plays several at once: their messages in the order of their times, at
    /// equal times in the order of the bags. A topic that several bags have is one topic, for which all that its publishers
    /// offered is kept.
    /// </summary>
    /// <param name="sources">The bags, at least one.</param>
    /// <param name="folder">A folder that does not exist yet or is empty. Its name becomes the bag's.</param>
    /// <param name="options">
    /// How to write; <see cref="BagWriterOptions.Storage"/> is what to convert to. The distribution and custom data of the
    /// sources, of the first that has them, replace those given.
    /// </param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind then.</param>
    /// <exception cref="BagFormatException">
    /// A source is damaged, two disagree about a topic's or a message's type (<see cref="BagError.InvalidOperation"/>), the folder
    /// is not empty, or the disk is full.
    /// </exception>
    public static BagConversion Merge(IReadOnlyList<BagReader> sources, string folder, BagWriterOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(sources.Count);
        using var writer = BagWriter.Create(folder, options with
        {
            RosDistro = sources.Select(source => source.RosDistro).FirstOrDefault(distro => distro.Length > 0) ?? "",
            CustomData = sources.SelectMany(source => source.Bundle.Metadata?.CustomData ?? new Dictionary<string, string>())
                .DistinctBy(entry => entry.Key).ToDictionary(),
        });
        BagMerge.Write(sources, writer, cancellationToken);
        return new BagConversion(writer.Complete(), [.. options.Storage == BagStorageFormat.Sqlite3 ? sources.SelectMany(LostInSqlite) : []]);
    }

    private static IEnumerable<string> LostInSqlite(BagReader source)
    {
        foreach (var attachment in source.Attachments)
            yield return $"The attachment '{attachment.Name}': the sqlite3 storage has no place for attachments.";
        foreach (var record in source.MetadataRecords)
            yield return $"The metadata record '{record.Name}': the sqlite3 storage has no place for metadata records.";
        foreach (var definition in source.MessageDefinitions.Where(definition => !definition.Binary.IsEmpty))
            yield return $"The definition of '{definition.TopicType}' ({definition.Encoding}): the sqlite3 storage keeps definitions as text.";
    }
}
