using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Sqlite;

namespace SimulationManager.Rosbag2;

/// <summary>
/// An open bag. It holds no file open itself, so one reader may serve any number of threads; each <see cref="BagCursor"/>
/// and <see cref="BagPayloadReader"/> has connections of its own and belongs to one thread at a time. The storage files
/// decide what is in the bag; the metadata only says which files belong to it, in which order, and how they are compressed.
/// </summary>
public sealed class BagReader : IDisposable
{
    private readonly FileDecompressor _decompressor;
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

    /// <summary>How the bag is compressed.</summary>
    public BagCompression Compression { get; private set; }

    /// <summary>First timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public long? StartNs => Files.Min(file => file.FirstNs);

    /// <summary>Last timestamp, nanoseconds since the Unix epoch; null if there is no message.</summary>
    public long? EndNs => Files.Max(file => file.LastNs);

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

    /// <summary>Index of a topic in <see cref="Topics"/>, or -1.</summary>
    /// <param name="name">The topic's name.</param>
    public int FindTopic(string name) => _topicIds.GetValueOrDefault(name, -1);

    /// <summary>Deletes what was decompressed into a temporary folder. Cursors must be disposed before.</summary>
    public void Dispose() => _decompressor.Dispose();

    internal StorageFile OpenStorage(BagReaderFile file) => StorageFile.Open(file.DatabasePath, Options.MaxMessageBytes);

    internal TopicMap SelectTopics(BagReaderFile file, BagReadOptions options) => options.Topics is null
        ? file.Topics
        : file.Topics.Only(options.Topics.Select(FindTopic).ToHashSet());

    private void OpenFiles(CancellationToken cancellationToken)
    {
        var topics = new List<BagTopic>();
        var files = new List<BagReaderFile>();
        var definitions = new Dictionary<string, MessageDefinition>(StringComparer.Ordinal);
        var fileCompressed = false;
        bool? messagesCompressed = null;
        foreach (var file in Bundle.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var compressed = FileDecompressor.IsCompressed(file.Path);
            fileCompressed |= compressed;
            var path = compressed ? _decompressor.Decompress(file.Path, cancellationToken) : file.Path;
            using var storage = StorageFile.Open(path, Options.MaxMessageBytes);
            files.Add(new BagReaderFile(files.Count, file, path, storage, AddTopics(storage, topics)));
            foreach (var definition in storage.ReadDefinitions())
                definitions.TryAdd(definition.TopicType, definition);
            messagesCompressed ??= CompressionProbe.MessagesAreCompressed(storage);
        }

        MessagesAreCompressed = messagesCompressed ?? Bundle.Metadata?.Compression == BagCompression.Message;
        Topics = topics;
        Files = files;
        MessageDefinitions = [.. definitions.Values];
        Compression = MessagesAreCompressed ? BagCompression.Message : fileCompressed ? BagCompression.File : BagCompression.None;
    }

    private TopicMap AddTopics(StorageFile storage, List<BagTopic> topics)
    {
        var ids = new List<(long, int)>();
        foreach (var (fileId, topic) in storage.ReadTopics())
        {
            if (!_topicIds.TryGetValue(topic.Name, out var bagId))
            {
                bagId = topics.Count;
                _topicIds.Add(topic.Name, bagId);
                topics.Add(topic);
                if (topics.Count > StorageFile.MaxTopics)
                    throw new BagFormatException(BagError.TooLarge, $"The bag has more than {StorageFile.MaxTopics} topics.");
            }

            ids.Add((fileId, bagId));
        }

        return new TopicMap(ids);
    }
}
