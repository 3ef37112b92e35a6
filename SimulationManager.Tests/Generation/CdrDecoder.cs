using System.Buffers.Binary;
using System.Text;

namespace SimulationManager.Tests.Generation;

/// <summary>Reads CDR by the rules of the standard, written apart from the library's writer.</summary>
internal ref struct CdrDecoder
{
    private readonly ReadOnlySpan<byte> _body;
    private int _position;

    public CdrDecoder(ReadOnlySpan<byte> message)
    {
        Assert.Equal([0, 1, 0, 0], message[..4].ToArray());
        _body = message[4..];
    }

    public readonly bool AtEnd => _position == _body.Length;

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Next(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Next(4));

    public float Float32() => BinaryPrimitives.ReadSingleLittleEndian(Next(4));

    public double Float64() => BinaryPrimitives.ReadDoubleLittleEndian(Next(8));

    public double[] Float64s(int count)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
            values[i] = Float64();
        return values;
    }

    public float[] Floats()
    {
        var values = new float[UInt32()];
        for (var i = 0; i < values.Length; i++)
            values[i] = Float32();
        return values;
    }

    public string Text()
    {
        var length = (int)UInt32();
        var bytes = _body.Slice(_position, length);
        _position += length;
        Assert.Equal(0, bytes[^1]);
        return Encoding.UTF8.GetString(bytes[..^1]);
    }

    /// <returns>The stamp in nanoseconds; the frame is checked.</returns>
    public long Header(string frame)
    {
        var stamp = (Int32() * 1_000_000_000L) + UInt32();
        Assert.Equal(frame, Text());
        return stamp;
    }

    private ReadOnlySpan<byte> Next(int size)
    {
        _position = (_position + size - 1) / size * size;
        var value = _body.Slice(_position, size);
        _position += size;
        return value;
    }
}
