using SimulationManager.Rosbag2.Bundles;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2;

/// <summary>A storage file of a bundle on disk.</summary>
/// <param name="Name">Path in the bundle, with <c>/</c>.</param>
/// <param name="Path">Path on this machine.</param>
public sealed record BagBundleFile(string Name, string Path);

/// <summary>The files that make up one bag: storage files in recording order, and metadata.yaml if there is one.</summary>
public sealed record BagBundle
{
    private BagBundle(string name) => Name = name;

    /// <summary>Name of the bag: its folder's name, else its first file's.</summary>
    public string Name { get; }

    /// <summary>The metadata, or null if there is none.</summary>
    public BagMetadata? Metadata { get; private init; }

    /// <summary>Storage files that are there, in recording order.</summary>
    public IReadOnlyList<BagBundleFile> Files { get; private init; } = [];

    /// <summary>Storage files that the metadata lists and that are not there.</summary>
    public IReadOnlyList<string> MissingFiles { get; private init; } = [];

    /// <summary>Storage files that are there and that the metadata does not list; they are not read.</summary>
    public IReadOnlyList<BagBundleFile> UnlistedFiles { get; private init; } = [];

    /// <summary>Storage files that are read in another form: compressed, where these are not, or the other way round.</summary>
    public IReadOnlyList<BagBundleFile> Copies { get; private init; } = [];

    /// <summary>Finds the bag at a path.</summary>
    /// <param name="path">A folder, a metadata.yaml, or a single storage file (which is then read without metadata).</param>
    /// <exception cref="BagFormatException">No bag there, or unreadable metadata.</exception>
    public static BagBundle Locate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            return FromFolder(path);
        if (!File.Exists(path))
            throw new BagFormatException(BagError.NotFound, $"There is no bag at '{path}': give the folder of a rosbag2 recording or one of its .db3 or .mcap files.", path);
        return Path.GetFileName(path) == BagMetadataReader.FileName
            ? FromFolder(Path.GetDirectoryName(Path.GetFullPath(path))!)
            : FromFiles([path]);
    }

    /// <summary>Takes a folder as a bag. Files in subfolders belong to it only if the metadata lists them.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="BagFormatException">No bag there, or unreadable metadata.</exception>
    public static BagBundle FromFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new BagFormatException(BagError.NotFound, $"There is no folder '{folder}'.", folder);
        var root = Path.GetFullPath(folder);
        var found = Directory.EnumerateFiles(root)
            .Where(IsStorageFile)
            .Select(path => new BagBundleFile(Path.GetFileName(path), path));
        var metadataPath = Path.Combine(root, BagMetadataReader.FileName);
        var metadata = File.Exists(metadataPath) ? BagMetadataReader.ReadFile(metadataPath) : null;
        return Assemble(Path.GetFileName(Path.TrimEndingDirectorySeparator(root)), metadata, [.. found], root);
    }

    /// <summary>Takes files from anywhere as a bag, for example those of an upload.</summary>
    /// <param name="files">Storage files; the metadata's paths are matched by file name.</param>
    /// <param name="metadataPath">A metadata.yaml, or null.</param>
    /// <exception cref="BagFormatException">A file is not there, two have the same name, or the metadata is unreadable.</exception>
    public static BagBundle FromFiles(IReadOnlyList<string> files, string? metadataPath = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (files.FirstOrDefault(file => !File.Exists(file)) is { } absent)
            throw new BagFormatException(BagError.NotFound, $"There is no file '{absent}'.", absent);
        var found = files.Select(path => new BagBundleFile(Path.GetFileName(path), Path.GetFullPath(path))).ToList();
        if (found.GroupBy(file => StorageFileName.Composed(file.Name)).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new BagFormatException(BagError.InvalidOperation, $"Two files of the bag are named '{twice.Key}'. Give each its recorded name.", twice.Key);
        var metadata = metadataPath is null ? null : BagMetadataReader.ReadFile(metadataPath);
        return Assemble(found.Count > 0 ? StorageFileName.StemOf(found[0].Name) : "bag", metadata, found, folder: null);
    }

    /// <summary>True for the names of storage files: <c>.db3</c>, <c>.mcap</c>, and the same with <c>.zstd</c> at the end.</summary>
    /// <param name="path">A path or file name.</param>
    public static bool IsStorageFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return StorageFileName.IsOne(path);
    }

    /// <summary>The same bag as if the missing files had never been listed.</summary>
    internal BagBundle WithoutMissingFiles() => this with { MissingFiles = [] };

    private static BagBundle Assemble(string name, BagMetadata? metadata, List<BagBundleFile> found, string? folder)
    {
        if (metadata is null)
        {
            if (found.Count == 0)
                throw new BagFormatException(BagError.NotFound, $"'{name}' holds neither metadata.yaml nor a .db3 or .mcap file: it is not a rosbag2 recording.", name);
            // A compressed file is what was recorded; the one beside it was unpacked from it.
            var recorded = found.GroupBy(file => StorageFileName.Plain(file.Name)).Select(forms => forms.MaxBy(file => StorageFileName.IsCompressed(file.Name))!);
            var read = recorded.OrderBy(file => StorageFileName.SplitNumber(file.Name)).ThenBy(file => file.Name, StringComparer.Ordinal).ToList();
            return new BagBundle(name) { Files = read, Copies = [.. found.Except(read)] };
        }

        RequireReadable(metadata);
        var byName = new Dictionary<string, BagBundleFile>(StringComparer.Ordinal);
        foreach (var file in found)
            byName.TryAdd(StorageFileName.Composed(file.Name), file);
        var files = new OrderedDictionary<string, BagBundleFile>(StringComparer.Ordinal);
        var missing = new List<string>();
        foreach (var listed in metadata.RelativeFilePaths)
        {
            if (Find(listed, byName, folder) is { } file)
                files.TryAdd(StorageFileName.Plain(file.Name), file);
            else
                missing.Add(listed);
        }

        var others = found.Except(files.Values).ToLookup(file => files.ContainsKey(StorageFileName.Plain(file.Name)));
        return new BagBundle(name) { Metadata = metadata, Files = [.. files.Values], MissingFiles = missing, Copies = [.. others[true]], UnlistedFiles = [.. others[false]] };
    }

    private static void RequireReadable(BagMetadata metadata)
    {
        if (metadata.StorageIdentifier is not (BagStorage.Sqlite3 or BagStorage.Mcap or ""))
        {
            throw new BagFormatException(BagError.StorageUnsupported,
                $"The bag uses the storage '{metadata.StorageIdentifier}'; sqlite3 and mcap can be read. Convert it with 'ros2 bag convert'.");
        }

        if (metadata.Compression != BagCompression.None && metadata.CompressionFormat is not ("zstd" or ""))
        {
            throw new BagFormatException(BagError.CompressionUnsupported,
                $"The bag is compressed with '{metadata.CompressionFormat}'; zstd can be read. Convert it with 'ros2 bag convert'.");
        }
    }

    /// <summary>
    /// To version 3 the listed paths start with the bag's folder. A file may lie there in the other form than the listed one:
    /// some recorders list a compressed file without its suffix, and people unpack files.
    /// </summary>
    private static BagBundleFile? Find(string listed, Dictionary<string, BagBundleFile> found, string? folder)
    {
        BundlePath.Check(listed, BagMetadataReader.FileName);
        var fileName = listed[(listed.LastIndexOf('/') + 1)..];
        foreach (var name in (ReadOnlySpan<string>)[listed, OtherForm(listed), fileName, OtherForm(fileName)])
        {
            if (found.TryGetValue(StorageFileName.Composed(name), out var file))
                return file;
            if (folder is not null && File.Exists(Path.Combine(folder, name)))
                return new BagBundleFile(name, Path.Combine(folder, name));
        }

        return null;
    }

    private static string OtherForm(string name) =>
        StorageFileName.IsCompressed(name) ? name[..^StorageFileName.Compressed.Length] : name + StorageFileName.Compressed;
}
