using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Mcap;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2;

/// <summary>
/// An open bag. It holds no file open itself, so one reader may serve any number of threads; each <see cref="BagCursor"/>
/// and <see cref="BagPayloadReader"/> has connections of its own and belongs to one thread at a time. The storage files
/// decide what is in the bag; the metadata only says which files belong to it, in which order, and how they are compressed.
/// </summary>
public sealed class BagReader : IDisposable
{
    private readonly FileDecompressor _decompressor;
    private readonly Dictionary<int, string> _typeConflicts = [];
    private readonly Dictionary<string, int> _topicIds = new(StringComparer.Ordinal);

    private BagReader(BagBundle bundle, BagOpenOptions options)
    {
        Bundle = bundle;
        Options = options;
        _decompressor = new FileDecompressor(options);
    }

    /// <summary>The files that were opened.</summary>
    public BagBundle Bundle { get; }

    /// <summary>All topics of all files; a message's <see cref="BagMessage.TopicId"/> is an index into this list.</summary>
    public IReadOnlyList<BagTopic> Topics { get; private set; } = [];

    /// <summary>The storage files in recording order.</summary>
    public IReadOnlyList<BagReaderFile> Files { get; private set; } = [];

    /// <summary>Message definitions that the files carry; empty before ROS 2 Iron.</summary>
    public IReadOnlyList<MessageDefinition> MessageDefinitions { get; private set; } = [];

    /// <summary>Storage plug-in of the files: <c>sqlite3</c> or <c>mcap</c>. Without a file, what the metadata says.</summary>
    public string StorageIdentifier => Files.Count > 0 ? Files[0].StorageIdentifier : Bundle.Metadata is { StorageIdentifier: { Length: > 0 } named } ? named : BagStorage.Sqlite3;

    /// <summary>ROS distribution that recorded the bag, from its files or else its metadata; empty if unknown.</summary>
    public string RosDistro => Files.Select(file => file.RosDistro).LastOrDefault(distro => distro.Length > 0) ?? Bundle.Metadata?.RosDistro ?? "";

    /// <summary>Attachments of all files (MCAP).</summary>
    public IReadOnlyList<BagAttachment> Attachments { get; private set; } = [];

    /// <summary>Metadata records of all files (MCAP), without those in which rosbag2 keeps its own metadata.</summary>
    public IReadOnlyList<BagMetadataRecord> MetadataRecords { get; private set; } = [];

    /// <summary>How the bag is compressed. The compression of MCAP chunks is the file's own affair and not meant.</summary>
    public BagCompression Compression { get; private set; }

    /// <summary>First timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public long? StartNs => Files.Min(file => file.FirstNs);

    /// <summary>Last timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public long? EndNs => Files.Max(file => file.LastNs);

    /// <summary>Topics that have another type at a second place than at the first.</summary>
    internal IEnumerable<(BagTopic First, string OtherType)> TypeConflicts => _typeConflicts.Select(conflict => (Topics[conflict.Key], conflict.Value));

    internal BagOpenOptions Options { get; }

    internal bool MessagesAreCompressed { get; private set; }

    /// <summary>Opens the bag at a path.</summary>
    /// <param name="path">A folder, a metadata.yaml, or a single storage file.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the decompression of storage files.</param>
    /// <exception cref="BagFormatException">The bag cannot be read; the message says what to change.</exception>
    public static BagReader Open(string path, BagOpenOptions? options = null, CancellationToken cancellationToken = default) =>
        Open(BagBundle.Locate(path), options, cancellationToken);

    /// <summary>Opens a bundle.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the decompression of storage files.</param>
    /// <exception cref="BagFormatException">The bag cannot be read; the message says what to change.</exception>
    public static BagReader Open(BagBundle bundle, BagOpenOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        if (bundle.MissingFiles.Count > 0)
        {
            throw new BagFormatException(BagError.FileMissing,
                $"{BagMetadataReader.FileName} lists {string.Join(", ", bundle.MissingFiles.Select(name => $"'{name}'"))}, which {(bundle.MissingFiles.Count == 1 ? "is" : "are")} not in the bundle. Send the missing files too, or leave {BagMetadataReader.FileName} out to have it rebuilt from the files that are there.",
                bundle.MissingFiles[0]);
        }

        var reader = new BagReader(bundle, options ?? BagOpenOptions.Default);
        try
        {
            reader.OpenFiles(cancellationToken);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads messages in time order across all files. Equal timestamps come in file order, then in the order of
    /// <see cref="BagMessage.RowId"/>; timestamps that run backwards in the file are delivered sorted; negative ones and
    /// jumps of any size are delivered as they are. Messages of a topic that the file does not name are skipped, as rosbag2
    /// does. Moving to the next message does not allocate.
    /// </summary>
    /// <param name="options">Position and filter; null for everything.</param>
    public BagCursor ReadMessages(BagReadOptions? options = null) => new(this, options ?? BagReadOptions.All);

    /// <summary>Opens the contents of an attachment.</summary>
    /// <param name="attachment">One of <see cref="Attachments"/>.</param>
    /// <returns>A stream of <see cref="BagAttachment.SizeBytes"/> bytes; the caller disposes it.</returns>
    /// <exception cref="BagFormatException">The file was removed or cut off.</exception>
    public Stream OpenAttachment(BagAttachment attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        var file = Files.FirstOrDefault(file => file.Storage.Attachments.Any(known => ReferenceEquals(known, attachment)))
            ?? throw new ArgumentException("The attachment is not of this bag.", nameof(attachment));
        return FileSection.Open(file.Storage.Path, attachment.Position, attachment.SizeBytes);
    }

    /// <summary>Index of a topic in <see cref="Topics"/>, or -1.</summary>
    /// <param name="name">The topic's name.</param>
    public int FindTopic(string name) => _topicIds.GetValueOrDefault(name, -1);

    /// <summary>Deletes what was decompressed into a temporary folder. Cursors must be disposed before.</summary>
    public void Dispose() => _decompressor.Dispose();

    internal TopicMap SelectTopics(BagReaderFile file, BagReadOptions options) => options.Topics is null
        ? file.Topics
        : file.Topics.Only(options.Topics.Select(FindTopic).ToHashSet());

    private void OpenFiles(CancellationToken cancellationToken)
    {
        var topics = new List<BagTopic>();
        var files = new List<BagReaderFile>();
        var definitions = new Dictionary<string, MessageDefinition>(StringComparer.Ordinal);
        var fileCompressed = false;
        var messagesCompressed = Bundle.Metadata?.Compression == BagCompression.Message;
        var cache = new SegmentCache(Options.ChunkCacheBytes);
        foreach (var file in Bundle.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var compressed = FileDecompressor.IsCompressed(file.Path);
            fileCompressed |= compressed;
            var path = compressed ? _decompressor.Decompress(file.Path, cancellationToken) : file.Path;
            var storage = BagStorage.Open(path, Options, cache, cancellationToken);
            files.Add(new BagReaderFile(files.Count, file, storage, AddTopics(storage, topics), compressed));
            if (storage.Identifier != files[0].StorageIdentifier)
                throw MixedStorage(files[0], files[^1]);
            foreach (var definition in storage.Definitions)
                definitions.TryAdd(definition.TopicType, definition);
            messagesCompressed = messagesCompressed || CompressionProbe.MessagesAreCompressed(storage);
        }

        MessagesAreCompressed = messagesCompressed;
        Topics = topics;
        Files = files;
        MessageDefinitions = [.. definitions.Values];
        Attachments = [.. files.SelectMany(file => file.Storage.Attachments)];
        MetadataRecords = [.. files.SelectMany(file => file.Storage.MetadataRecords)];
        Compression = MessagesAreCompressed ? BagCompression.Message : fileCompressed ? BagCompression.File : BagCompression.None;
    }

    private static BagFormatException MixedStorage(BagReaderFile first, BagReaderFile other) =>
        new(BagError.StorageUnsupported,
            $"'{first.Name}' is {first.StorageIdentifier} and '{other.Name}' is {other.StorageIdentifier}: the files of one bag have one storage. Send the original or the converted recording, not both.",
            other.Name);

    private static BagFormatException SameReading(BagStorage storage, string topic)
    {
        var name = Path.GetFileName(storage.Path);
        return new(BagError.ValueInvalid,
            $"{name} has a topic '{topic}' in UTF-8 and in Latin-1: two topics that read the same. Rename one of them.", name);
    }

    private TopicMap AddTopics(BagStorage storage, List<BagTopic> topics)
    {
        var ids = new List<(long, int)>();
        foreach (var (fileId, topic) in storage.Topics)
        {
            if (!_topicIds.TryGetValue(topic.Name, out var bagId))
            {
                bagId = topics.Count;
                _topicIds.Add(topic.Name, bagId);
                topics.Add(topic);
                if (topics.Count > BagStorage.MaxTopics)
                    throw new BagFormatException(BagError.TooLarge, $"The bag has more than {BagStorage.MaxTopics} topics.");
            }

            if (topic.NameIsUtf8 != topics[bagId].NameIsUtf8)
                throw SameReading(storage, topic.Name);
            if (topic.Type != topics[bagId].Type)
                _typeConflicts.TryAdd(bagId, topic.Type);
            ids.Add((fileId, bagId));
        }

        return new TopicMap(ids);
    }
}
