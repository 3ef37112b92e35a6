using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using SimulationManager.Rosbag2;
using SimulationManager.Rosbag2.Mcap;
using ZstdSharp;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>Lays out MCAP records by hand, right or wrong, for what no writer writes.</summary>
internal sealed class McapBuilder
{
    public static readonly byte[] Magic = [0x89, .. "MCAP0\r\n"u8];

    private readonly List<byte> _file = [];
    private readonly List<byte[]> _chunkIndexes = [];

    public McapBuilder(string profile = "ros2") => Raw(Magic).Raw(Record(1, [.. Text(profile), .. Text("McapBuilder")]));

    public long Position => _file.Count;

    public int ChunkCount => _chunkIndexes.Count;

    public static byte[] Record(byte opcode, byte[] content) => [opcode, .. UInt64((ulong)content.Length), .. content];

    public static byte[] Schema(ushort id, string name, string encoding = "ros2msg", byte[]? data = null) =>
        Record(3, [.. UInt16(id), .. Text(name), .. Text(encoding), .. Sized(data ?? "string data"u8.ToArray())]);

    public static byte[] Channel(ushort id, ushort schema, string topic, string encoding = "cdr", params (string Key, string Value)[] metadata) =>
        Record(4, [.. UInt16(id), .. UInt16(schema), .. Text(topic), .. Text(encoding), .. Map(metadata)]);

    public static byte[] Message(ushort channel, long time, byte[] data, uint sequence = 0, long? published = null) =>
        Record(5, [.. UInt16(channel), .. UInt32(sequence), .. UInt64((ulong)time), .. UInt64((ulong)(published ?? time)), .. data]);

    public static byte[] Metadata(string name, params (string Key, string Value)[] values) => Record(12, [.. Text(name), .. Map(values)]);

    public static byte[] Attachment(string name, byte[] data, bool wrongCrc = false)
    {
        byte[] fields = [.. UInt64(7), .. UInt64(8), .. Text(name), .. Text("text/plain"), .. UInt64((ulong)data.Length), .. data];
        return Record(9, [.. fields, .. UInt32(Crc32.HashToUInt32(fields) + (wrongCrc ? 1u : 0))]);
    }

    public static byte[] MessageIndex(ushort channel, params (long Time, long Offset)[] entries) =>
        Record(7, [.. UInt16(channel), .. Sized([.. entries.SelectMany(entry => (byte[])[.. UInt64((ulong)entry.Time), .. UInt64((ulong)entry.Offset)])])]);

    public static byte[] Statistics(ulong messages, uint channels, params (ushort Channel, ulong Count)[] counts) =>
        Record(11,
        [
            .. UInt64(messages), .. UInt16(1), .. UInt32(channels), .. UInt32(0), .. UInt32(0), .. UInt32(0), .. UInt64(0), .. UInt64(0),
            .. Sized([.. counts.SelectMany(count => (byte[])[.. UInt16(count.Channel), .. UInt64(count.Count)])]),
        ]);

    public static byte[] Chunk(
        byte[] records, long first, long last, string compression = "", bool crc = true, ulong? size = null, byte[]? stored = null, uint? wrongCrc = null)
    {
        stored ??= Compress(compression, records);
        return Record(6,
        [
            .. UInt64((ulong)first), .. UInt64((ulong)last), .. UInt64(size ?? (ulong)records.Length),
            .. UInt32(wrongCrc ?? (crc ? Crc32.HashToUInt32(records) : 0)), .. Text(compression), .. UInt64((ulong)stored.Length), .. stored,
        ]);
    }

    public static byte[] Compress(string compression, byte[] records)
    {
        if (compression == "zstd")
            return new Compressor(1).Wrap(records).ToArray();
        if (compression != "lz4")
            return records;
        var target = new byte[Lz4Frame.MaxEncodedBytes(records.Length)];
        return target[..Lz4Frame.Encode(records, target)];
    }

    public McapBuilder Raw(params byte[] bytes)
    {
        _file.AddRange(bytes);
        return this;
    }

    public McapBuilder RawAll(params byte[][] records) => Raw([.. records.SelectMany(record => record)]);

    /// <summary>A chunk of messages, with its times, its index records and an entry for the summary.</summary>
    public McapBuilder Messages(string compression, params (ushort Channel, long Time, byte[] Data)[] messages)
    {
        var start = Position;
        var chunk = Chunk([.. messages.SelectMany(message => Message(message.Channel, message.Time, message.Data))],
            messages.Min(message => message.Time), messages.Max(message => message.Time), compression);
        Raw(chunk);
        foreach (var channel in messages.GroupBy(message => message.Channel))
            Raw(MessageIndex(channel.Key, [.. channel.Select(message => (message.Time, 0L))]));
        _chunkIndexes.Add(Record(8, [.. UInt64(0), .. UInt64(0), .. UInt64((ulong)start), .. UInt64((ulong)chunk.Length), .. Sized([]), .. UInt64(0), .. Text(compression), .. UInt64(0), .. UInt64(0)]));
        return this;
    }

    /// <summary>The end of the data, a summary of these records and the chunks, and the footer.</summary>
    public byte[] Finish(params byte[][] summary)
    {
        Raw(Record(15, UInt32(Crc32.HashToUInt32(_file.ToArray()))));
        var start = (ulong)Position;
        RawAll([.. summary, .. _chunkIndexes]);
        var hasSummary = (ulong)Position > start;
        byte[] footer = [2, .. UInt64(20), .. UInt64(hasSummary ? start : 0), .. UInt64(0)];
        var crc = Crc32.HashToUInt32([.. _file.ToArray().AsSpan((int)start), .. footer]);
        Raw([.. footer, .. UInt32(hasSummary ? crc : 0), .. Magic]);
        return _file.ToArray();
    }

    /// <summary>What a recorder leaves that was killed.</summary>
    public byte[] Killed() => _file.ToArray();

    public static byte[] Text(string text) => Sized(Encoding.UTF8.GetBytes(text));

    public static byte[] Sized(byte[] bytes) => [.. UInt32((uint)bytes.Length), .. bytes];

    public static byte[] UInt16(ushort value)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] UInt32(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] UInt64(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Map((string Key, string Value)[] values) =>
        Sized([.. values.SelectMany(value => (byte[])[.. Text(value.Key), .. Text(value.Value)])]);
}
