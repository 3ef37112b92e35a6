using System.IO.Hashing;
using System.Text;
using SimulationManager.Rosbag2.Writing;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// Writes one <c>.mcap</c> file of the profile <c>ros2</c>: chunks with checksums and message indexes, a summary with all
/// indexes, and rosbag2's own metadata record, as rosbag2 does. Schemas and channels are written before their first message.
/// </summary>
internal sealed class McapFileWriter : StorageFileWriter
{
    private const string Library = "SimulationManager.Rosbag2";
    private const int CopyBytes = 256 * 1024;

    private readonly int _chunkBytes;
    private readonly McapOutput _output;
    private readonly McapSummary _summary = new();
    private readonly McapChunkWriter _chunk;
    private readonly McapRecordBuffer _record = new();
    private readonly Dictionary<int, BagTopic> _waitingTopics = [];
    private readonly Dictionary<string, MessageDefinition> _definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ushort> _schemas = new(StringComparer.Ordinal);

    public McapFileWriter(string path, BagWriterOptions options)
        : base(path)
    {
        _chunkBytes = options.ChunkBytes;
        _output = new McapOutput(path);
        _chunk = new McapChunkWriter(_output, _summary, options.ChunkCompression, options.CompressionLevel);
        _output.Write(McapFormat.Magic);
        _output.Write(_record.Begin(McapOpcode.Header).Text(options.Profile).Text(Library).End());
    }

    public override void AddTopic(int topicId, BagTopic topic) => _waitingTopics.Add(topicId, topic);

    public override void AddDefinition(MessageDefinition definition) => _definitions.TryAdd(definition.TopicType, definition);

    public override void AddAttachment(BagAttachment attachment, Stream content)
    {
        var start = _output.Position;
        _record.Begin(McapOpcode.Attachment)
            .Int64(attachment.LogTimeNs).Int64(attachment.CreatedNs).Text(attachment.Name).Text(attachment.MediaType).Int64(attachment.SizeBytes)
            .End(followingBytes: attachment.SizeBytes + sizeof(uint));
        var crc = new Crc32();
        crc.Append(_record.Written[McapFormat.RecordHeadBytes..]);
        _output.Write(_record);
        var block = new byte[(int)Math.Min(CopyBytes, attachment.SizeBytes)];
        for (var left = attachment.SizeBytes; left > 0;)
        {
            var part = block.AsSpan(0, (int)Math.Min(block.Length, left));
            content.ReadExactly(part);
            crc.Append(part);
            _output.Write(part);
            left -= part.Length;
        }

        _output.Write(_record.UInt32(crc.GetCurrentHashAsUInt32()));
        _summary.AddAttachment(attachment, start, _output.Position);
    }

    public override void AddMetadataRecord(BagMetadataRecord record)
    {
        var start = _output.Position;
        _output.Write(_record.Begin(McapOpcode.Metadata).Text(record.Name).Map(record.Values).End());
        _summary.AddMetadata(record.Name, start, _output.Position);
    }

    public override void Finish(BagMetadata metadata)
    {
        _chunk.Flush();
        // Topics that nobody wrote to are topics all the same.
        foreach (var topicId in _waitingTopics.Keys.Order().ToArray())
            WriteChannel(topicId, _record);
        _output.Write(_record);
        AddMetadataRecord(new BagMetadataRecord(McapFormat.Rosbag2Record, new Dictionary<string, string>
        {
            [McapFormat.Rosbag2Metadata] = BagMetadataWriter.WriteEmbedded(metadata),
        }));
        _output.Write(_record.Begin(McapOpcode.DataEnd).UInt32(_output.Crc).End());
        _summary.Write(_output);
        Dispose();
    }

    public override void Dispose()
    {
        _chunk.Dispose();
        _output.Dispose();
    }

    protected override void Store(int topicId, in MessageTimes times, ReadOnlySpan<byte> data)
    {
        // A message is never split, and one that does not fit into the open chunk begins the next.
        if (_chunk.Records.Length > 0 && (long)_chunk.Records.Length + data.Length > _chunkBytes)
            _chunk.Flush();
        if (_waitingTopics.ContainsKey(topicId))
            WriteChannel(topicId, _chunk.Records);
        var channel = ChannelOf(topicId);
        var time = unchecked((ulong)times.RecordedNs);
        _chunk.AddMessage(channel, time, unchecked((ulong)times.PublishedNs), times.Sequence, data);
        _summary.CountMessage(channel, time);
    }

    private static ushort ChannelOf(int topicId) => checked((ushort)(topicId + 1));

    private void WriteChannel(int topicId, McapRecordBuffer records)
    {
        _waitingTopics.Remove(topicId, out var topic);
        if (!_schemas.TryGetValue(topic!.Type, out var schema) && topic.Type.Length > 0)
        {
            schema = checked((ushort)(_schemas.Count + 1));
            _schemas.Add(topic.Type, schema);
            WriteSchema(schema, topic.Type, records);
        }

        var start = records.Length;
        records.Begin(McapOpcode.Channel).UInt16(ChannelOf(topicId)).UInt16(schema).Text(topic.Name).Text(topic.SerializationFormat)
            .Map(new Dictionary<string, string>
            {
                [McapFormat.QosKey] = topic.OfferedQosProfiles,
                [McapFormat.TypeHashKey] = topic.TypeDescriptionHash,
            })
            .End();
        _summary.AddChannel(records.Written[start..]);
    }

    /// <summary>Without a definition, a schema of no encoding still carries the type's name.</summary>
    private void WriteSchema(ushort id, string type, McapRecordBuffer records)
    {
        var start = records.Length;
        var definition = _definitions.GetValueOrDefault(type);
        records.Begin(McapOpcode.Schema).UInt16(id).Text(type);
        if (definition is null)
            records.Text("").Bytes([]);
        else
            records.Text(definition.Encoding).Bytes(definition.Binary.IsEmpty ? Encoding.UTF8.GetBytes(definition.Text) : definition.Binary.Span);
        records.End();
        _summary.AddSchema(records.Written[start..]);
    }
}
