using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

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

    /// <exception cref="BagFormatException">There is a NUL in it, which no name or definition has and databases refuse.</exception>
    public string Text() => TextOf(Bytes(), file);

    /// <inheritdoc cref="Text"/>
    public static string TextOf(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Contains((byte)0))
            throw new BagFormatException(BagError.ValueInvalid, $"{file} holds a text with a NUL character in it. The file is damaged; recover it with 'mcap recover'.", file);
        // Text that is not UTF-8 keeps its bytes apart instead of becoming the same replacement characters.
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);
    }

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
