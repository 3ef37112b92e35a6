using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SimulationManager.Rosbag2.Generation;

/// <summary>
/// Writes messages in the form that ROS 2 puts on the wire and into bags: plain CDR (XCDR version 1, OMG formal/2021-11-03
/// part 7.4), little-endian, behind the 4-byte encapsulation header <c>00 01 00 00</c>. Numbers are aligned to their size,
/// counted from the end of the header. The buffer is used again for every message.
/// </summary>
public sealed class CdrWriter
{
    private const int HeaderBytes = 4;

    private byte[] _buffer = new byte[256];
    private int _length;

    /// <summary>Creates a writer with an empty message.</summary>
    public CdrWriter() => Reset();

    /// <summary>The message so far, with its header. Valid until the next call of any other member.</summary>
    public ReadOnlySpan<byte> Message => _buffer.AsSpan(0, _length);

    /// <summary>Begins the next message.</summary>
    public void Reset()
    {
        _buffer[0] = 0x00;
        _buffer[1] = 0x01;
        _buffer[2] = 0x00;
        _buffer[3] = 0x00;
        _length = HeaderBytes;
    }

    /// <summary>Writes an <c>int32</c>.</summary>
    /// <param name="value">The value.</param>
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4, alignment: 4), value);

    /// <summary>Writes a <c>uint32</c>.</summary>
    /// <param name="value">The value.</param>
    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4, alignment: 4), value);

    /// <summary>Writes a <c>float32</c>.</summary>
    /// <param name="value">The value.</param>
    public void WriteFloat32(float value) => BinaryPrimitives.WriteSingleLittleEndian(Take(4, alignment: 4), value);

    /// <summary>Writes a <c>float64</c>.</summary>
    /// <param name="value">The value.</param>
    public void WriteFloat64(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8, alignment: 8), value);

    /// <summary>Writes a <c>string</c>: its length with the closing zero, its UTF-8 bytes, the zero.</summary>
    /// <param name="value">The value.</param>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var bytes = Encoding.UTF8.GetByteCount(value);
        WriteUInt32((uint)bytes + 1);
        var target = Take(bytes + 1, alignment: 1);
        Encoding.UTF8.GetBytes(value, target);
        target[bytes] = 0;
    }

    /// <summary>Writes a fixed-size array of <c>float64</c>.</summary>
    /// <param name="values">The elements.</param>
    public void WriteFloat64Array(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
            WriteFloat64(value);
    }

    /// <summary>Writes a sequence (unbounded array) of <c>float32</c>.</summary>
    /// <param name="values">The elements.</param>
    public void WriteFloat32Sequence(ReadOnlySpan<float> values)
    {
        WriteUInt32((uint)values.Length);
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values).CopyTo(Take(values.Length * sizeof(float), alignment: 1));
            return;
        }

        foreach (var value in values)
            WriteFloat32(value);
    }

    private Span<byte> Take(int size, int alignment)
    {
        var start = _length + ((alignment - ((_length - HeaderBytes) % alignment)) % alignment);
        if (start + size > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, start + size));
        _buffer.AsSpan(_length, start - _length).Clear();
        _length = start + size;
        return _buffer.AsSpan(start, size);
    }
}
