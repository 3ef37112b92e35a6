using System.IO.Hashing;
using ZstdSharp;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Gathers records into chunks and writes each with the indexes of its messages.</summary>
internal sealed class McapChunkWriter(McapOutput output, McapSummary summary, McapCompression compression, int level) : IDisposable
{
    private readonly Compressor? _zstd = compression == McapCompression.Zstd ? new Compressor(level) : null;
    private readonly SortedDictionary<ushort, List<(ulong Time, int Offset)>> _messages = [];
    private readonly McapRecordBuffer _head = new();
    private byte[] _compressed = [];
    private ulong _firstTime = ulong.MaxValue;
    private ulong _lastTime;

    /// <summary>The records of the chunk that is open.</summary>
    public McapRecordBuffer Records { get; } = new();

    public void AddMessage(ushort channel, ulong time, ulong published, uint sequence, ReadOnlySpan<byte> data)
    {
        if (!_messages.TryGetValue(channel, out var messages))
            _messages.Add(channel, messages = []);
        messages.Add((time, Records.Length));
        Records.Begin(McapOpcode.Message).UInt16(channel).UInt32(sequence).UInt64(time).UInt64(published).Raw(data).End();
        _firstTime = Math.Min(_firstTime, time);
        _lastTime = Math.Max(_lastTime, time);
    }

    /// <summary>Writes the chunk that is open, if there is anything in it.</summary>
    public void Flush()
    {
        if (Records.Length == 0)
            return;
        var start = output.Position;
        var chunk = WriteChunk();
        var end = output.Position;
        var indexes = _messages.Where(channel => channel.Value.Count > 0).Select(channel => (channel.Key, WriteIndex(channel.Key, channel.Value))).ToList();
        summary.AddChunk(chunk, start, end, output.Position, indexes);
        foreach (var messages in _messages.Values)
            messages.Clear();
        Records.Clear();
        (_firstTime, _lastTime) = (ulong.MaxValue, 0);
    }

    public void Dispose() => _zstd?.Dispose();

    private WrittenChunk WriteChunk()
    {
        var records = Records.Written;
        var stored = Compress(records);
        // What does not become smaller is stored as it is, which each chunk says for itself.
        var name = stored.Length < records.Length ? compression.ToString().ToLowerInvariant() : "";
        if (name.Length == 0)
            stored = records;
        var first = _lastTime == 0 && _firstTime == ulong.MaxValue ? 0 : _firstTime;
        _head.Begin(McapOpcode.Chunk)
            .UInt64(first).UInt64(_lastTime).Int64(records.Length).UInt32(Crc32.HashToUInt32(records)).Text(name).Int64(stored.Length)
            .End(followingBytes: stored.Length);
        output.Write(_head);
        output.Write(stored);
        return new WrittenChunk(first, _lastTime, name, stored.Length, records.Length);
    }

    private ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> records)
    {
        if (compression == McapCompression.None)
            return records;
        var bound = _zstd is null ? Lz4Frame.MaxEncodedBytes(records.Length) : Compressor.GetCompressBound(records.Length);
        if (_compressed.Length < bound)
            _compressed = new byte[bound];
        return _compressed.AsSpan(0, _zstd?.Wrap(records, _compressed) ?? Lz4Frame.Encode(records, _compressed));
    }

    private long WriteIndex(ushort channel, List<(ulong Time, int Offset)> messages)
    {
        var position = output.Position;
        _head.Begin(McapOpcode.MessageIndex).UInt16(channel)
            .Entries(messages, static (buffer, message) => buffer.UInt64(message.Time).Int64(message.Offset))
            .End();
        output.Write(_head);
        return position;
    }
}
