using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>
/// Writes messages in the form that ROS 2 puts on the wire and into bags: CDR behind a 4-byte encapsulation header. Numbers are
/// aligned to their size, counted from the end of the header. The buffer is used again for every message.
/// </summary>
public sealed class CdrWriter
{
    private readonly CdrForm _form;
    private readonly bool _swaps;
    private readonly int _maxAlignment;

    private byte[] _buffer = new byte[256];
    private int _length;

    /// <summary>Creates a writer with an empty message.</summary>
    /// <param name="form">The form of the payload; little-endian XCDR version 1 if null.</param>
    public CdrWriter(CdrForm? form = null)
    {
        _form = form ?? CdrForm.LittleEndian;
        _swaps = _form.IsLittleEndian != BitConverter.IsLittleEndian;
        _maxAlignment = _form.IsVersion2 ? 4 : 8;
        Reset();
    }

    /// <summary>The message so far, with its header. Valid until the next call of any other member.</summary>
    public ReadOnlySpan<byte> Message => _buffer.AsSpan(0, _length);

    /// <summary>Begins the next message.</summary>
    public void Reset()
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer, (ushort)_form.Representation);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(2), (ushort)_form.Options);
        _length = CdrForm.HeaderBytes;
    }

    /// <summary>Writes a number.</summary>
    /// <typeparam name="T">A primitive number type of 1, 2, 4 or 8 bytes.</typeparam>
    /// <param name="value">The value.</param>
    public void Write<T>(T value)
        where T : unmanaged => MemoryMarshal.Write(Take(Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>()), _swaps ? ByteOrder.Reverse(value) : value);

    /// <summary>Writes a fixed-size array of numbers.</summary>
    /// <typeparam name="T">A primitive number type of 1, 2, 4 or 8 bytes.</typeparam>
    /// <param name="values">The elements.</param>
    public void WriteArray<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (values.IsEmpty)
            return;
        var target = Take(checked(values.Length * Unsafe.SizeOf<T>()), Unsafe.SizeOf<T>());
        MemoryMarshal.AsBytes(values).CopyTo(target);
        if (_swaps)
            ByteOrder.Reverse(MemoryMarshal.Cast<byte, T>(target));
    }

    /// <summary>Writes a sequence (bounded or unbounded array) of numbers.</summary>
    /// <typeparam name="T">A primitive number type of 1, 2, 4 or 8 bytes.</typeparam>
    /// <param name="values">The elements.</param>
    public void WriteSequence<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Write((uint)values.Length);
        WriteArray(values);
    }

    /// <summary>Writes a <c>string</c>: its length with the closing zero, its UTF-8 bytes, the zero.</summary>
    /// <param name="value">The value; lone surrogates U+DC80 to U+DCFF stand for bytes that are not UTF-8.</param>
    /// <exception cref="RosMessageException">The value holds other lone surrogates.</exception>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var bytes = CdrText.CountBytes(value);
        Write((uint)bytes + 1);
        var target = Take(bytes + 1, 1);
        CdrText.Encode(value, target);
        target[bytes] = 0;
    }

    /// <summary>Writes a <c>wstring</c>.</summary>
    /// <param name="value">The value.</param>
    public void WriteWideString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Write(_form.WideStrings == WideStringForm.BytesOfTwoBytes ? (uint)value.Length * 2 : (uint)value.Length);
        foreach (var unit in value)
        {
            if (_form.WideStrings == WideStringForm.CountOfFourBytes)
                Write((uint)unit);
            else
                Write((ushort)unit);
        }
    }

    /// <summary>Leaves room for the length in bytes of what follows, where the form has it (DHEADER of XCDR version 2).</summary>
    internal int BeginDelimited()
    {
        if (_form.IsVersion2)
            Write(0u);
        return _length;
    }

    /// <summary>Fills in the length in bytes of what was written since <see cref="BeginDelimited"/>.</summary>
    internal void EndDelimited(int start)
    {
        if (!_form.IsVersion2)
            return;
        var bytes = (uint)(_length - start);
        MemoryMarshal.Write(_buffer.AsSpan(start - sizeof(uint)), _swaps ? ByteOrder.Reverse(bytes) : bytes);
    }

    /// <summary>Fills the message to a multiple of four bytes, where the form asks for it.</summary>
    internal void End()
    {
        if (_form.PadsToFourBytes)
            Take(-_length & 3, 1).Clear();
    }

    private Span<byte> Take(int size, int alignment)
    {
        var start = _length + ((CdrForm.HeaderBytes - _length) & (Math.Min(alignment, _maxAlignment) - 1));
        if (start > _buffer.Length - size)
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(_buffer.Length * 2L, checked(start + size))));
        _buffer.AsSpan(_length, start - _length).Clear();
        _length = start + size;
        return _buffer.AsSpan(start, size);
    }
}
