using SimulationManager.Rosbag2.Bundles;

namespace SimulationManager.Rosbag2;

/// <summary>Makes metadata from storage files alone, for recordings whose recorder crashed before it wrote metadata.yaml.</summary>
public static class BagReindexer
{
    /// <summary>
    /// Metadata of all storage files of a folder, whatever a metadata.yaml there says. Files are ordered by the number at the
    /// end of their names; if the names do not tell, by their first timestamps.
    /// </summary>
    /// <param name="folder">Folder with .db3 or .mcap files, perhaps compressed (.zstd).</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="BagFormatException">No storage file, or one that cannot be read.</exception>
    public static BagMetadata Rebuild(string folder, BagOpenOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(folder))
            throw new BagFormatException(BagError.NotFound, $"There is no folder '{folder}'.", folder);
        var files = Directory.EnumerateFiles(folder).Where(BagBundle.IsStorageFile).ToList();
        using var bag = BagReader.Open(BagBundle.FromFiles(files), options, cancellationToken);
        return Describe(bag, BagInfo.Read(bag, cancellationToken));
    }

    /// <summary>Rebuilds the metadata of a folder and writes its metadata.yaml.</summary>
    /// <param name="folder">Folder with .db3 or .mcap files, perhaps compressed (.zstd).</param>
    /// <param name="overwrite">True to replace a metadata.yaml that is there.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The metadata written.</returns>
    /// <exception cref="BagFormatException">As for <see cref="Rebuild"/>, or a metadata.yaml is there and must not be replaced.</exception>
    public static BagMetadata Reindex(string folder, bool overwrite = false, BagOpenOptions? options = null, CancellationToken cancellationToken = default)
    {
        var path = Path.Combine(folder, BagMetadataReader.FileName);
        if (!overwrite && File.Exists(path))
            throw new BagFormatException(BagError.InvalidOperation, $"'{path}' exists. Move it away, or ask to overwrite it.", path);
        var metadata = Rebuild(folder, options, cancellationToken);
        File.WriteAllText(path + ".partial", BagMetadataWriter.Write(metadata));
        File.Move(path + ".partial", path, overwrite);
        return metadata;
    }

    private static BagMetadata Describe(BagReader bag, BagInfo info)
    {
        var numbers = info.Files.Select(file => StorageFileName.SplitNumber(file.Name)).ToList();
        var files = numbers.Distinct().Count() == numbers.Count
            ? info.Files
            : [.. info.Files.OrderBy(file => file.FirstNs ?? long.MaxValue)];
        return new BagMetadata
        {
            StorageIdentifier = info.StorageIdentifier,
            DurationNs = info.DurationNs,
            StartingTimeNs = info.StartNs ?? BagMetadata.NoStartingTime,
            MessageCount = info.MessageCount,
            Topics = [.. info.Topics.Select(topic => new BagTopicCount(topic.Topic, topic.MessageCount))],
            CompressionFormat = bag.Compression == BagCompression.None ? "" : "zstd",
            Compression = bag.Compression,
            RelativeFilePaths = [.. files.Select(file => file.Name)],
            Files = [.. files.Select(Describe)],
            RosDistro = info.RosDistro,
        };
    }

    private static BagFileInformation Describe(BagFileInfo file) => new()
    {
        Path = file.Name,
        StartingTimeNs = file.FirstNs ?? BagMetadata.NoStartingTime,
        DurationNs = file.FirstNs is { } first ? TimeSpanNs.Between(first, file.LastNs!.Value) : 0,
        MessageCount = file.MessageCount,
    };
}
