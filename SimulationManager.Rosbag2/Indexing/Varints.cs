namespace SimulationManager.Rosbag2.Indexing;

/// <summary>Writes integers in 1 to 10 bytes, seven bits each, least significant first (LEB128); signed ones in zigzag order.</summary>
internal ref struct VarintWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    public void Write(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _buffer[_length++] = (byte)(value | 0x80);
        _buffer[_length++] = (byte)value;
    }

    public void WriteSigned(long value) => Write((ulong)((value << 1) ^ (value >> 63)));
}

/// <summary>Reads what <see cref="VarintWriter"/> writes.</summary>
internal ref struct VarintReader(ReadOnlySpan<byte> buffer)
{
    private readonly ReadOnlySpan<byte> _buffer = buffer;
    private int _position;

    /// <exception cref="FormatException">The input ends, or the number is greater than <paramref name="max"/>.</exception>
    public ulong Read(ulong max)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64 && _position < _buffer.Length; shift += 7)
        {
            var next = _buffer[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value <= max ? value : throw new FormatException("A number is too large.");
        }

        throw new FormatException("A number is cut off.");
    }

    /// <exception cref="FormatException">The input ends.</exception>
    public long ReadSigned()
    {
        var value = Read(ulong.MaxValue);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
