namespace SimulationManager.Rosbag2;

/// <summary>What became of a bag that was written anew.</summary>
/// <param name="Metadata">The metadata of the new bag.</param>
/// <param name="NotCarried">What the new storage has no place for, each a sentence; empty when everything was carried.</param>
public sealed record BagConversion(BagMetadata Metadata, IReadOnlyList<string> NotCarried);

/// <summary>Writes a bag anew in another storage, with the same topics, definitions and payloads, byte for byte.</summary>
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
        ArgumentNullException.ThrowIfNull(options);
        // Read as one topic, messages of the second type would be written as of the first.
        foreach (var (topic, otherType) in source.TypeConflicts)
        {
            throw new BagFormatException(BagError.InvalidOperation,
                $"The topic '{topic.Name}' has the type '{topic.Type}' and the type '{otherType}', which a bag that is written does not keep apart. Use the recording as it is.", topic.Name);
        }

        using var writer = BagWriter.Create(folder, options with
        {
            RosDistro = source.RosDistro,
            CustomData = source.Bundle.Metadata?.CustomData ?? new Dictionary<string, string>(),
        });
        writer.CopyFrom(source, cancellationToken: cancellationToken);
        return new BagConversion(writer.Complete(), [.. options.Storage == BagStorageFormat.Sqlite3 ? LostInSqlite(source) : []]);
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
