using System.Text.Unicode;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

internal sealed record McapSchema(string Name, string Encoding, byte[] Data);

internal sealed record McapChannel(ushort SchemaId, string Topic, bool TopicIsUtf8, string Encoding, Dictionary<string, string> Metadata);

/// <summary>The schemas and channels of one file. Each may stand in it several times: in the data, in chunks and in the summary.</summary>
internal sealed class McapCatalog(string file)
{
    /// <summary>For all schemas and channels together, bytes.</summary>
    private const long MaxBytes = 256L * 1024 * 1024;

    private static readonly string[] TextEncodings = ["ros2msg", "ros2idl", "ros1msg", "jsonschema", "omgidl", "unknown"];

    private readonly SortedDictionary<ushort, McapSchema> _schemas = [];
    private readonly SortedDictionary<ushort, McapChannel> _channels = [];
    private long _bytes;

    public int ChannelCount => _channels.Count;

    public bool HasChannel(ushort id) => _channels.ContainsKey(id);

    public void AddSchema(ReadOnlySpan<byte> content)
    {
        var fields = new McapFields(content, file);
        var id = fields.UInt16();
        if (id == 0)
            return; // Invalid, and to be ignored by the specification.
        if (_schemas.TryGetValue(id, out var known))
        {
            if (fields.Text() != known.Name || fields.Text() != known.Encoding || !fields.Bytes().SequenceEqual(known.Data))
                throw Twice("schema", id);
            return;
        }

        Count(content.Length);
        _schemas.Add(id, new McapSchema(fields.Text(), fields.Text(), fields.Bytes().ToArray()));
    }

    public void AddChannel(ReadOnlySpan<byte> content)
    {
        var fields = new McapFields(content, file);
        var id = fields.UInt16();
        var schema = fields.UInt16();
        if (_channels.TryGetValue(id, out var known))
        {
            if (schema != known.SchemaId || fields.Text() != known.Topic || fields.Text() != known.Encoding)
                throw Twice("channel", id);
            return;
        }

        Count(content.Length);
        var topic = fields.Bytes();
        _channels.Add(id, new McapChannel(schema, StoredText.Of(topic, file), Utf8.IsValid(topic), fields.Text(), fields.Map()));
    }

    public IReadOnlyList<(long Id, BagTopic Topic)> Topics() =>
    [
        .. _channels.Select(entry => ((long)entry.Key, new BagTopic
        {
            Name = entry.Value.Topic,
            NameIsUtf8 = entry.Value.TopicIsUtf8,
            Type = _schemas.GetValueOrDefault(entry.Value.SchemaId)?.Name ?? "",
            SerializationFormat = entry.Value.Encoding,
            OfferedQosProfiles = entry.Value.Metadata.GetValueOrDefault(McapFormat.QosKey, ""),
            TypeDescriptionHash = entry.Value.Metadata.GetValueOrDefault(McapFormat.TypeHashKey, ""),
        })),
    ];

    public IReadOnlyList<MessageDefinition> Definitions() =>
        [.. _schemas.Where(entry => entry.Value.Encoding.Length > 0).Select(entry => Definition(entry.Key, entry.Value))];

    private MessageDefinition Definition(ushort id, McapSchema schema)
    {
        var isText = TextEncodings.Contains(schema.Encoding);
        return new MessageDefinition
        {
            TopicType = schema.Name,
            Encoding = schema.Encoding,
            // Some writers end texts as C does.
            Text = isText ? StoredText.Of(schema.Data.AsSpan().TrimEnd((byte)0), file) : "",
            Binary = isText ? default : schema.Data,
            // A schema has no hash of its own; that of a channel is of its type.
            TypeDescriptionHash = _channels.Values.FirstOrDefault(channel => channel.SchemaId == id)?.Metadata.GetValueOrDefault(McapFormat.TypeHashKey) ?? "",
        };
    }

    private void Count(int bytes)
    {
        _bytes += bytes;
        if (_bytes > MaxBytes)
            throw new BagFormatException(BagError.TooLarge, $"{file} holds more than {MaxBytes} bytes of schemas and channels.", file);
    }

    private BagFormatException Twice(string what, ushort id) => new(BagError.ValueInvalid,
        $"{file} defines the {what} {id} twice, differently: which messages are of which is not clear. Recover it with 'mcap recover'.", file);
}
