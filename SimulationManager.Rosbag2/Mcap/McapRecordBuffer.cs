using System.Buffers.Binary;
using System.Text;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Lays out records one after another in a buffer that grows and is used again.</summary>
internal sealed class McapRecordBuffer
{
    private byte[] _bytes = new byte[4096];
    private int _recordStart;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Begins a record, whose length <see cref="End"/> fills in.</summary>
    public McapRecordBuffer Begin(McapOpcode opcode)
    {
        _recordStart = Length;
        Reserve(McapFormat.RecordHeadBytes)[0] = (byte)opcode;
        return this;
    }

    /// <summary>Ends a record.</summary>
    /// <param name="followingBytes">Bytes of content that are written elsewhere, after those here.</param>
    public McapRecordBuffer End(long followingBytes = 0)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_recordStart + 1), Length - _recordStart - McapFormat.RecordHeadBytes + followingBytes);
        return this;
    }

    public McapRecordBuffer Byte(byte value)
    {
        Reserve(1)[0] = value;
        return this;
    }

    public McapRecordBuffer UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Reserve(sizeof(ushort)), value);
        return this;
    }

    public McapRecordBuffer UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);
        return this;
    }

    public McapRecordBuffer UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);
        return this;
    }

    public McapRecordBuffer Int64(long value) => UInt64(unchecked((ulong)value));

    public McapRecordBuffer Text(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        UInt32((uint)bytes);
        Encoding.UTF8.GetBytes(text, Reserve(bytes));
        return this;
    }

    public McapRecordBuffer Bytes(ReadOnlySpan<byte> bytes)
    {
        UInt32((uint)bytes.Length);
        return Raw(bytes);
    }

    public McapRecordBuffer Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        return this;
    }

    /// <summary>Entries with the length of all of them before, which the format has for maps and arrays.</summary>
    public McapRecordBuffer Entries<T>(IEnumerable<T> entries, Action<McapRecordBuffer, T> write)
    {
        var start = Length;
        UInt32(0);
        foreach (var entry in entries)
            write(this, entry);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), Length - start - sizeof(uint));
        return this;
    }

    /// <summary>Pairs of text in the order of their keys, so that the same pairs make the same bytes.</summary>
    public McapRecordBuffer Map(IEnumerable<KeyValuePair<string, string>> values) =>
        Entries(values.OrderBy(entry => entry.Key, StringComparer.Ordinal), static (buffer, entry) => buffer.Text(entry.Key).Text(entry.Value));

    private Span<byte> Reserve(int count)
    {
        var length = checked(Length + count);
        if (length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(length, _bytes.Length * 2L), Array.MaxLength));
        var reserved = _bytes.AsSpan(Length, count);
        Length = length;
        return reserved;
    }
}
