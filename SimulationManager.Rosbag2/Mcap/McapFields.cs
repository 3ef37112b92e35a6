using System.Buffers.Binary;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Takes the fields of one record in their order. Lengths are checked against the record, so nothing larger than it is allocated.</summary>
internal ref struct McapFields(ReadOnlySpan<byte> content, string file)
{
    private ReadOnlySpan<byte> _rest = content;

    public readonly int Left => _rest.Length;

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>Times are unsigned in the format; rosbag2 stores its signed ones as they are, so they are taken back so.</summary>
    public long Time() => unchecked((long)UInt64());

    /// <summary>Bytes with a length of 32 bits before them.</summary>
    public ReadOnlySpan<byte> Bytes() => Take(UInt32());

    /// <exception cref="BagFormatException">There is a NUL in it.</exception>
    public string Text() => StoredText.Of(Bytes(), file);

    public Dictionary<string, string> Map()
    {
        var fields = new McapFields(Bytes(), file);
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (fields.Left > 0)
        {
            var key = fields.Text();
            map[key] = fields.Text();
        }

        return map;
    }

    private ReadOnlySpan<byte> Take(uint count)
    {
        if (count > (uint)_rest.Length)
            throw new BagFormatException(BagError.StorageCorrupt, $"{file} is damaged: a record is shorter than its fields. Recover it with 'mcap recover'.", file);
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
