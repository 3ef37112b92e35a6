namespace SimulationManager.Rosbag2.Mcap;

/// <summary>What the summary of a file is to say, gathered while the file is written.</summary>
internal sealed class McapSummary
{
    private readonly McapRecordBuffer _schemas = new();
    private readonly McapRecordBuffer _channels = new();
    private readonly McapRecordBuffer _chunkIndexes = new();
    private readonly McapRecordBuffer _attachmentIndexes = new();
    private readonly McapRecordBuffer _metadataIndexes = new();
    private readonly SortedDictionary<ushort, ulong> _messageCounts = [];
    private ulong _messages;
    private ulong _firstTime = ulong.MaxValue;
    private ulong _lastTime;
    private ushort _schemaCount;
    private uint _channelCount;
    private uint _chunkCount;
    private uint _attachmentCount;
    private uint _metadataCount;

    public void AddSchema(ReadOnlySpan<byte> record)
    {
        _schemas.Raw(record);
        _schemaCount++;
    }

    public void AddChannel(ReadOnlySpan<byte> record)
    {
        _channels.Raw(record);
        _channelCount++;
    }

    public void CountMessage(ushort channel, ulong time)
    {
        _messages++;
        _firstTime = Math.Min(_firstTime, time);
        _lastTime = Math.Max(_lastTime, time);
        _messageCounts[channel] = _messageCounts.GetValueOrDefault(channel) + 1;
    }

    /// <param name="chunk">What is in the chunk.</param>
    /// <param name="start">Where the chunk record starts in the file.</param>
    /// <param name="end">Where it ends and its message indexes start.</param>
    /// <param name="indexesEnd">Where those end.</param>
    /// <param name="indexes">Per channel, where its message index starts.</param>
    public void AddChunk(in WrittenChunk chunk, long start, long end, long indexesEnd, IEnumerable<(ushort Channel, long Position)> indexes)
    {
        _chunkIndexes.Begin(McapOpcode.ChunkIndex)
            .UInt64(chunk.FirstTime).UInt64(chunk.LastTime).Int64(start).Int64(end - start)
            .Entries(indexes, static (buffer, index) => buffer.UInt16(index.Channel).Int64(index.Position))
            .Int64(indexesEnd - end).Text(chunk.Compression).Int64(chunk.StoredBytes).Int64(chunk.Bytes)
            .End();
        _chunkCount++;
    }

    public void AddAttachment(BagAttachment attachment, long start, long end)
    {
        _attachmentIndexes.Begin(McapOpcode.AttachmentIndex)
            .Int64(start).Int64(end - start).Int64(attachment.LogTimeNs).Int64(attachment.CreatedNs)
            .Int64(attachment.SizeBytes).Text(attachment.Name).Text(attachment.MediaType)
            .End();
        _attachmentCount++;
    }

    public void AddMetadata(string name, long start, long end)
    {
        _metadataIndexes.Begin(McapOpcode.MetadataIndex).Int64(start).Int64(end - start).Text(name).End();
        _metadataCount++;
    }

    /// <summary>Writes the summary, the offsets into it and the footer.</summary>
    public void Write(McapOutput output)
    {
        output.RestartCrc();
        var start = output.Position;
        var offsets = new McapRecordBuffer();
        foreach (var (opcode, records) in (ReadOnlySpan<(McapOpcode, McapRecordBuffer)>)[
            (McapOpcode.Schema, _schemas), (McapOpcode.Channel, _channels), (McapOpcode.Statistics, Statistics()),
            (McapOpcode.ChunkIndex, _chunkIndexes), (McapOpcode.AttachmentIndex, _attachmentIndexes), (McapOpcode.MetadataIndex, _metadataIndexes),
        ])
        {
            if (records.Length == 0)
                continue;
            offsets.Begin(McapOpcode.SummaryOffset).Byte((byte)opcode).Int64(output.Position).Int64(records.Length).End();
            output.Write(records);
        }

        var offsetsStart = output.Position;
        output.Write(offsets);
        // The checksum covers the footer up to itself.
        output.Write(new McapRecordBuffer().Begin(McapOpcode.Footer).Int64(start).Int64(offsetsStart).End(followingBytes: sizeof(uint)));
        output.Write(new McapRecordBuffer().UInt32(output.Crc).Raw(McapFormat.Magic));
    }

    private McapRecordBuffer Statistics() => new McapRecordBuffer().Begin(McapOpcode.Statistics)
        .UInt64(_messages).UInt16(_schemaCount).UInt32(_channelCount).UInt32(_attachmentCount).UInt32(_metadataCount).UInt32(_chunkCount)
        .UInt64(_messages == 0 ? 0 : _firstTime).UInt64(_lastTime)
        .Entries(_messageCounts, static (buffer, count) => buffer.UInt16(count.Key).UInt64(count.Value))
        .End();
}

/// <summary>Sizes and times of a chunk as it was written.</summary>
internal readonly record struct WrittenChunk(ulong FirstTime, ulong LastTime, string Compression, long StoredBytes, long Bytes);
