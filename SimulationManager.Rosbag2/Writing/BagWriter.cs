using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Mcap;
using SimulationManager.Rosbag2.Storage;
using SimulationManager.Rosbag2.Writing;
using ZstdSharp;

namespace SimulationManager.Rosbag2;

/// <summary>
/// Writes a bag into a new folder: <c>folder/folder_0.db3</c> or <c>.mcap</c>, … and metadata.yaml, in the newest schema. The same calls
/// write the same bytes. A writer that is disposed before <see cref="Complete"/> leaves nothing behind. For one thread.
/// </summary>
public sealed class BagWriter : IDisposable
{
    private readonly string _folder;
    private readonly string _name;
    private readonly bool _createdFolder;
    private readonly BagWriterOptions _options;
    private readonly Compressor? _messageCompressor;
    private readonly List<BagTopic> _topics = [];
    private readonly HashSet<(string Name, string Type, string Format)> _topicKeys = [];
    private readonly Dictionary<string, MessageDefinition> _definitions = new(StringComparer.Ordinal);
    private readonly List<WrittenFile> _finished = [];
    private StorageFileWriter? _file;
    private byte[] _compressed = [];
    private bool _completed;
    private bool _disposed;

    private BagWriter(string folder, BagWriterOptions options)
    {
        _folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _name = Path.GetFileName(_folder);
        _options = options;
        _createdFolder = !Directory.Exists(_folder);
        Directory.CreateDirectory(_folder);
        _messageCompressor = options.Compression == BagCompression.Message ? new Compressor(options.CompressionLevel) : null;
    }

    /// <summary>Begins a bag.</summary>
    /// <param name="folder">A folder that does not exist yet or is empty. Its name becomes the bag's.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    /// <exception cref="BagFormatException">The folder is not empty, or messages of MCAP are to be compressed one by one.</exception>
    public static BagWriter Create(string folder, BagWriterOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= BagWriterOptions.Default;
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxFileBytes, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxFileDurationNs, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ChunkBytes, 1024, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ChunkBytes, 64 * 1024 * 1024, nameof(options));
        if (options is { Storage: BagStorageFormat.Mcap, Compression: BagCompression.Message })
            throw new BagFormatException(BagError.InvalidOperation, "MCAP has no compression by message, as rosbag2 says too. Compress its chunks.");
        return !Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any()
            ? new BagWriter(folder, options)
            : throw new BagFormatException(BagError.InvalidOperation, $"The folder '{folder}' is not empty. Give a new folder for the bag.", folder);
    }

    /// <summary>Adds a topic.</summary>
    /// <param name="topic">The topic; its name must be new, in MCAP its name, type and serialization together.</param>
    /// <param name="definition">The definition of its message type, or null.</param>
    /// <returns>The id for <see cref="Write(int, long, ReadOnlySpan{byte})"/>.</returns>
    /// <exception cref="BagFormatException">A topic of that name exists, or there are 65,535 already.</exception>
    public int AddTopic(BagTopic topic, MessageDefinition? definition = null)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ThrowIfClosed();
        if (_topics.Count == BagStorage.MaxTopics)
            throw new BagFormatException(BagError.TooLarge, $"A bag has at most {BagStorage.MaxTopics} topics.");
        // Channels of MCAP may share a name: publishers of a topic need not agree on what they send.
        var key = _options.Storage == BagStorageFormat.Mcap ? (topic.Name, topic.Type, topic.SerializationFormat) : (topic.Name, "", "");
        if (!_topicKeys.Add(key))
            throw new BagFormatException(BagError.InvalidOperation, $"The bag has a topic '{topic.Name}' already.");
        _topics.Add(topic);
        _file?.AddTopic(_topics.Count - 1, topic);
        if (definition is not null)
            AddDefinition(definition);
        return _topics.Count - 1;
    }

    /// <summary>
    /// Adds the definition of a message type; a second one of the same type is ignored. In MCAP it must be there before the
    /// first message of a topic of the type.
    /// </summary>
    /// <param name="definition">The definition.</param>
    public void AddDefinition(MessageDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ThrowIfClosed();
        if (_definitions.TryAdd(definition.TopicType, definition))
            _file?.AddDefinition(definition);
    }

    /// <summary>Writes a message. Times may come in any order.</summary>
    /// <param name="topicId">Id from <see cref="AddTopic"/>.</param>
    /// <param name="timestampNs">Nanoseconds since the Unix epoch.</param>
    /// <param name="data">The serialized message.</param>
    /// <exception cref="BagFormatException">An unknown topic, or the disk is full.</exception>
    public void Write(int topicId, long timestampNs, ReadOnlySpan<byte> data) =>
        Write(topicId, new MessageTimes(timestampNs, timestampNs, Sequence: 0), data);

    /// <summary>Writes a message whose publisher told when it was published. The sqlite3 storage keeps only the recorded time.</summary>
    /// <param name="topicId">Id from <see cref="AddTopic"/>.</param>
    /// <param name="timestampNs">Recorded time, nanoseconds since the Unix epoch.</param>
    /// <param name="publishedNs">Published time, nanoseconds since the Unix epoch.</param>
    /// <param name="sequence">The publisher's counter, or 0.</param>
    /// <param name="data">The serialized message.</param>
    /// <exception cref="BagFormatException">An unknown topic, or the disk is full.</exception>
    public void Write(int topicId, long timestampNs, long publishedNs, uint sequence, ReadOnlySpan<byte> data) =>
        Write(topicId, new MessageTimes(timestampNs, publishedNs, sequence), data);

    /// <summary>Adds a file to an MCAP file.</summary>
    /// <param name="attachment">Its name, media type, times and size.</param>
    /// <param name="content">At least as many bytes as that size.</param>
    /// <exception cref="BagFormatException">The storage is sqlite3, which has no place for it, or the disk is full.</exception>
    /// <exception cref="EndOfStreamException">The content is shorter; the file cannot be gone on with.</exception>
    public void AddAttachment(BagAttachment attachment, Stream content)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        ArgumentNullException.ThrowIfNull(content);
        ThrowIfClosed();
        (_file ??= BeginFile()).AddAttachment(attachment, content);
    }

    /// <summary>Adds a metadata record to an MCAP file.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="BagFormatException">The storage is sqlite3, which has no place for it, or the disk is full.</exception>
    public void AddMetadataRecord(BagMetadataRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        ThrowIfClosed();
        (_file ??= BeginFile()).AddMetadataRecord(record);
    }

    /// <summary>Copies the attachments and metadata records of another bag if this one is MCAP.</summary>
    internal void CopySideRecords(BagReader source, CancellationToken cancellationToken)
    {
        if (_options.Storage != BagStorageFormat.Mcap)
            return;
        foreach (var record in source.MetadataRecords)
            AddMetadataRecord(record);
        foreach (var attachment in source.Attachments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var content = source.OpenAttachment(attachment);
            AddAttachment(attachment, content);
        }
    }

    private void Write(int topicId, in MessageTimes times, ReadOnlySpan<byte> data)
    {
        ThrowIfClosed();
        if ((uint)topicId >= (uint)_topics.Count)
            throw new BagFormatException(BagError.InvalidOperation, $"There is no topic {topicId}; add it first.");
        var stored = _messageCompressor is null ? data : Compress(data);
        if (_file is not null && IsFull(_file, times.RecordedNs, stored))
            FinishFile();
        (_file ??= BeginFile()).Write(topicId, times, stored);
    }

    /// <summary>Closes the last file and writes metadata.yaml, which makes the folder a bag.</summary>
    /// <returns>The metadata written.</returns>
    public BagMetadata Complete()
    {
        ThrowIfClosed();
        _file ??= BeginFile();
        FinishFile();
        var metadata = WrittenFile.Describe(_finished, _topics, _options);
        var path = Path.Combine(_folder, BagMetadataReader.FileName);
        File.WriteAllText(path + ".partial", BagMetadataWriter.Write(metadata));
        File.Move(path + ".partial", path);
        _completed = true;
        return metadata;
    }

    /// <summary>Closes the writer. Without <see cref="Complete"/>, deletes what was written.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _messageCompressor?.Dispose();
        _file?.Dispose();
        if (!_completed)
            DeleteAll();
    }

    private bool IsFull(StorageFileWriter file, long timestampNs, ReadOnlySpan<byte> data) =>
        (_options.MaxFileBytes > 0 && file.Bytes + StorageFileWriter.SizeOf(data) > _options.MaxFileBytes)
        || (_options.MaxFileDurationNs > 0 && (Int128)timestampNs - file.OpenedAtNs >= _options.MaxFileDurationNs);

    private StorageFileWriter BeginFile()
    {
        var path = Path.Combine(_folder, $"{_name}_{_finished.Count}.{Ending}");
        StorageFileWriter file = _options.Storage == BagStorageFormat.Mcap ? new McapFileWriter(path, _options) : new SqliteFileWriter(path, _options.RosDistro);
        for (var id = 0; id < _topics.Count; id++)
            file.AddTopic(id, _topics[id]);
        foreach (var definition in _definitions.Values)
            file.AddDefinition(definition);
        return file;
    }

    private void FinishFile()
    {
        var file = _file!;
        var suffix = _options.Compression == BagCompression.File ? ".zstd" : "";
        var finished = WrittenFile.Of(file, suffix);
        file.Finish(WrittenFile.Describe([finished], _topics, _options));
        if (suffix.Length > 0)
            FileCompressor.Compress(file.Path, _options.CompressionLevel);
        _finished.Add(finished);
        _file = null;
    }

    private ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> data)
    {
        var bound = Compressor.GetCompressBound(data.Length);
        if (_compressed.Length < bound)
            _compressed = new byte[bound];
        return _compressed.AsSpan(0, _messageCompressor!.Wrap(data, _compressed));
    }

    private void DeleteAll()
    {
        if (_createdFolder)
        {
            Directory.Delete(_folder, recursive: true);
            return;
        }

        foreach (var path in Directory.EnumerateFiles(_folder, $"{_name}_*.{Ending}*"))
            File.Delete(path);
    }

    private string Ending => _options.Storage == BagStorageFormat.Mcap ? "mcap" : "db3";

    private void ThrowIfClosed()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_completed)
            throw new InvalidOperationException("The bag is complete; nothing can be added.");
    }
}
