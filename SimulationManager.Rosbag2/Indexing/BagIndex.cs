using System.Buffers.Binary;
using System.Text.Json;
using SimulationManager.Rosbag2.Compression;
using SimulationManager.Rosbag2.Indexing;
using SimulationManager.Rosbag2.Mcap;
using SimulationManager.Rosbag2.Storage;
using ZstdSharp;

namespace SimulationManager.Rosbag2;

/// <summary>
/// What is needed of a bag before its files are at hand: its topics and their types, when every message is due and where its bytes lie. It is a
/// file of its own, a few bytes per message, made once from the bag and kept beside it; <see cref="IndexedBag"/> reads payloads
/// by it. The format is this library's own: eight bytes <c>SMBAGIX2</c>, then a zstd stream of parts, each behind its length.
/// </summary>
public sealed class BagIndex
{
    private const int CompressionLevel = 3;
    private const int BufferBytes = 1024 * 1024;
    private const int MaxHeadBytes = 512 * 1024 * 1024;

    private readonly string _path;
    private readonly BagOpenOptions _options;
    private readonly Dictionary<string, int> _topicIds;

    private BagIndex(string path, BagIndexHead head, BagOpenOptions options)
    {
        (_path, Head, _options) = (path, head, options);
        Topics = [.. head.Topics.Select(topic => topic.ToTopic())];
        MessageDefinitions = [.. head.Definitions.Select(definition => definition.ToDefinition())];
        _topicIds = Topics.Index().ToDictionary(topic => topic.Item.Name, topic => topic.Index, StringComparer.Ordinal);
    }

    private static ReadOnlySpan<byte> Magic => "SMBAGIX2"u8;

    /// <summary>The bag's topics, as <see cref="BagReader.Topics"/>.</summary>
    public IReadOnlyList<BagTopic> Topics { get; }

    /// <summary>As <see cref="BagReader.MessageDefinitions"/>, without those that are not text.</summary>
    public IReadOnlyList<MessageDefinition> MessageDefinitions { get; }

    /// <summary>ROS distribution that recorded the bag, as <see cref="BagReader.RosDistro"/>.</summary>
    public string RosDistro => Head.RosDistro;

    /// <summary>The storage files' paths in the bundle, in recording order.</summary>
    public IEnumerable<string> Files => Head.Files.Select(file => file.Name);

    internal BagIndexHead Head { get; }

    internal BagOpenOptions Options => _options;

    /// <summary>Writes the index of a bag.</summary>
    /// <param name="bag">The bag, which is read once from front to back.</param>
    /// <param name="path">The file to write; one that is there is replaced.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BagFormatException">A file of the bag is damaged.</exception>
    public static void Write(BagReader bag, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bag);
        using var file = File.Create(path);
        file.Write(Magic);
        using var output = new CompressionStream(file, CompressionLevel, BufferBytes);
        WritePart(output, HeadOf(bag).ToJson());
        var block = new IndexBlock();
        foreach (var source in bag.Files)
            WriteMessages(output, block, bag, source, cancellationToken);
        WritePart(output, []);
    }

    /// <summary>Opens an index.</summary>
    /// <param name="path">The file, which must stay for as long as timelines are loaded from it.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <exception cref="BagFormatException">It is damaged, or of another version of this library.</exception>
    public static BagIndex Open(string path, BagOpenOptions? options = null)
    {
        options ??= BagOpenOptions.Default;
        return Reading(path, () =>
        {
            using var input = OpenParts(path);
            var buffer = Array.Empty<byte>();
            var head = BagIndexHead.Parse(ReadPart(input, ref buffer, MaxHeadBytes));
            return head.IsSound(options) ? new BagIndex(path, head, options) : throw new FormatException("It names places that cannot be.");
        });
    }

    /// <summary>Index of a topic in <see cref="Topics"/>, or -1.</summary>
    /// <param name="name">The topic's name.</param>
    public int FindTopic(string name) => _topicIds.GetValueOrDefault(name, -1);

    /// <summary>When every message is due, as <see cref="BagTimeline.Load"/> says it from the bag itself.</summary>
    /// <param name="byPublishTime">
    /// True for the times at which messages were published. A message whose file does not keep that time, or has 0 for it, stands at
    /// its recorded time.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BagFormatException">The index is damaged.</exception>
    public BagTimeline LoadTimeline(bool byPublishTime = false, CancellationToken cancellationToken = default) => Reading(_path, () =>
    {
        var columns = new TimelineColumns();
        using var input = OpenParts(_path);
        var buffer = Array.Empty<byte>();
        ReadPart(input, ref buffer, MaxHeadBytes);
        var block = new IndexBlock();
        while (ReadPart(input, ref buffer, IndexBlock.MaxBytes) is { IsEmpty: false } bytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            block.Decode(bytes);
            Append(columns, block, byPublishTime);
        }

        return BagTimeline.Of(columns);
    });

    private void Append(TimelineColumns columns, IndexBlock block, bool byPublishTime)
    {
        if (block.FileIndex >= Head.Files.Count)
            throw new FormatException("It names a file that it does not have.");
        foreach (ref readonly var message in block.Messages)
        {
            if (message.TopicId >= Topics.Count || message.Size > _options.MaxMessageBytes)
                throw new FormatException("It names a message that cannot be.");
            columns.Add(byPublishTime ? message.PublishedNs : message.TimestampNs, message.TopicId, (ushort)block.FileIndex, message.RowId, message.Size);
        }
    }

    private static BagIndexHead HeadOf(BagReader bag) => new()
    {
        Name = bag.Bundle.Name,
        MessagesAreCompressed = bag.MessagesAreCompressed,
        RosDistro = bag.RosDistro,
        Topics = [.. bag.Topics.Select(IndexedTopic.Of)],
        Definitions = [.. bag.MessageDefinitions.Where(definition => definition.Binary.IsEmpty).Select(IndexedDefinition.Of)],
        Files = [.. bag.Files.Select(file => new IndexedFile(
            file.Name, file.SizeBytes, file.IsCompressed, !file.IsCompressed && file.Storage is McapStorage mcap ? mcap.Segments : null))],
    };

    private static void WriteMessages(Stream output, IndexBlock block, BagReader bag, BagReaderFile file, CancellationToken cancellationToken)
    {
        using var decompressor = bag.MessagesAreCompressed ? new MessageDecompressor(file.Name, bag.Options.MaxMessageBytes) : null;
        using var rows = file.Storage.Scan(withData: bag.MessagesAreCompressed, checkData: false);
        block.Begin(file.Index);
        while (rows.MoveNext())
        {
            var topic = file.Topics[rows.TopicId];
            if (topic < 0)
                continue;
            block.Add(new IndexedMessage
            {
                TimestampNs = rows.TimestampNs,
                // 0 says that the publisher's time was not known.
                PublishedNs = rows.PublishedNs is not 0 and var published ? published : rows.TimestampNs,
                TopicId = (ushort)topic,
                Size = decompressor?.SizeOf(rows.Data) ?? rows.Size,
                RowId = rows.RowId,
            });
            if (!block.IsFull)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            WritePart(output, block.Encode());
            block.Begin(file.Index);
        }

        if (!block.IsEmpty)
            WritePart(output, block.Encode());
    }

    private static void WritePart(Stream output, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        output.Write(length);
        output.Write(bytes);
    }

    private static DecompressionStream OpenParts(string path)
    {
        var file = new FileStream(StorageHandle.Open(path), FileAccess.Read, BufferBytes);
        try
        {
            Span<byte> magic = stackalloc byte[Magic.Length];
            file.ReadExactly(magic);
            return magic.SequenceEqual(Magic) ? new DecompressionStream(file, BufferBytes, leaveOpen: false) : throw new FormatException("It is none, or of another version.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The next part, valid until the buffer is used again.</summary>
    private static ReadOnlySpan<byte> ReadPart(DecompressionStream input, ref byte[] buffer, int maxBytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        input.ReadExactly(length);
        var bytes = BinaryPrimitives.ReadInt32LittleEndian(length);
        if ((uint)bytes > (uint)maxBytes)
            throw new FormatException("It names a size that cannot be.");
        if (buffer.Length < bytes)
            buffer = new byte[bytes];
        input.ReadExactly(buffer, 0, bytes);
        return buffer.AsSpan(0, bytes);
    }

    private static T Reading<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is FormatException or EndOfStreamException or ZstdException or JsonException or OverflowException)
        {
            var name = Path.GetFileName(path);
            throw new BagFormatException(BagError.ValueInvalid, $"{name} is not the index of a bag, or damaged ({error.Message}). Make it anew.", name, error);
        }
    }
}
