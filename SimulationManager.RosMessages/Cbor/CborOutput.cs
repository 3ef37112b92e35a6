using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace SimulationManager.RosMessages;

/// <summary>
/// Writes CBOR (RFC 8949) in its preferred serialization into a buffer writer: lengths are definite, numbers as short as they keep their value.
/// <c>System.Formats.Cbor.CborWriter</c> takes texts as UTF-16 alone, keeps a copy of the message, and changes the bits of a NaN.
/// </summary>
internal ref struct CborOutput(IBufferWriter<byte> writer) : IMessageOutput
{
    private const byte False = 0xF4;
    private const byte True = 0xF5;
    private const byte Half = 0xF9;
    private const byte Single = 0xFA;
    private const byte Double = 0xFB;
    private const int LongestItem = 9;

    private OutputBuffer _output = new(writer);

    /// <summary>Kinds of data items (RFC 8949, clause 3.1).</summary>
    private enum Major
    {
        Unsigned = 0,
        Negative = 1,
        Bytes = 2,
        Text = 3,
        Array = 4,
        Map = 5,
    }

    /// <summary>The name of a field as a data item.</summary>
    public static byte[] EncodeName(string name)
    {
        var text = Encoding.UTF8.GetBytes(name);
        Span<byte> head = stackalloc byte[LongestItem];
        return [.. head[..WriteHead(head, Major.Text, (ulong)text.Length)], .. text];
    }

    public void Flush() => _output.Flush();

    public void BeginMessage(int fields) => Head(Major.Map, (ulong)fields);

    public void Name(FieldLayout field) => _output.Raw(field.CborName);

    public void EndMessage()
    {
        // Maps and arrays say how long they are when they begin.
    }

    public void BeginArray(int count) => Head(Major.Array, (ulong)count);

    public void Separate()
    {
        // Items follow each other.
    }

    public void EndArray()
    {
        // As messages.
    }

    public void Bool(bool value) => _output.Byte(value ? True : False);

    public void Integer(long value)
    {
        if (value >= 0)
            Head(Major.Unsigned, (ulong)value);
        else
            Head(Major.Negative, (ulong)~value);
    }

    public void Integer(ulong value) => Head(Major.Unsigned, value);

    public void Float(double value) => _output.Take(Write(value, _output.Reserve(LongestItem)));

    public void Float(float value) => _output.Take(Write(value, _output.Reserve(LongestItem)));

    public void Floats<T>(ReadOnlySpan<byte> bytes, bool swaps)
        where T : unmanaged
    {
        const int Piece = 256;
        for (var start = 0; start < bytes.Length; start += Piece * Unsafe.SizeOf<T>())
        {
            var piece = bytes[start..Math.Min(bytes.Length, start + (Piece * Unsafe.SizeOf<T>()))];
            var target = _output.Reserve(Piece * LongestItem);
            var length = 0;
            for (var offset = 0; offset < piece.Length; offset += Unsafe.SizeOf<T>())
            {
                var value = MemoryMarshal.Read<T>(piece[offset..]);
                if (swaps)
                    value = ByteOrder.Reverse(value);
                length += typeof(T) == typeof(double)
                    ? Write(Unsafe.BitCast<T, double>(value), target[length..])
                    : Write(Unsafe.BitCast<T, float>(value), target[length..]);
            }

            _output.Take(length);
        }
    }

    /// <summary>A text; one that is not UTF-8 is a byte string, since CBOR's texts must be.</summary>
    public void Text(ReadOnlySpan<byte> utf8) => Text(utf8, Utf8.IsValid(utf8));

    /// <summary>A string's code units as text; if there is a lone surrogate, as a byte string in which that has three bytes (WTF-8).</summary>
    public void Text(WideText text)
    {
        var (bytes, isText) = Measure(text);
        Head(isText ? Major.Text : Major.Bytes, (ulong)bytes);
        for (var i = 0; i < text.Length; i++)
        {
            var target = _output.Reserve(4);
            if (Rune.TryCreate(text[i], out var rune) || (IsPair(text, i) && Rune.TryCreate(text[i], text[++i], out rune)))
                _output.Take(rune.EncodeToUtf8(target));
            else
                _output.Take(WriteSurrogate(text[i], target));
        }
    }

    public void Bytes(FieldLayout field, ReadOnlySpan<byte> bytes) => Text(bytes, isText: false);

    private void Text(ReadOnlySpan<byte> bytes, bool isText)
    {
        Head(isText ? Major.Text : Major.Bytes, (ulong)bytes.Length);
        _output.Raw(bytes);
    }

    /// <summary>How many bytes a text has, and whether it is one.</summary>
    private static (long Bytes, bool IsText) Measure(WideText text)
    {
        var (bytes, isText) = (0L, true);
        for (var i = 0; i < text.Length; i++)
        {
            if (IsPair(text, i))
            {
                bytes += 4;
                i++;
                continue;
            }

            bytes += text[i] < 0x80 ? 1 : text[i] < 0x800 ? 2 : 3;
            isText &= !char.IsSurrogate(text[i]);
        }

        return (bytes, isText);
    }

    private static bool IsPair(WideText text, int index) =>
        char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]);

    private static int WriteSurrogate(char unit, Span<byte> target)
    {
        target[0] = (byte)(0xE0 | (unit >> 12));
        target[1] = (byte)(0x80 | ((unit >> 6) & 0x3F));
        target[2] = (byte)(0x80 | (unit & 0x3F));
        return 3;
    }

    private void Head(Major major, ulong value) => _output.Take(WriteHead(_output.Reserve(LongestItem), major, value));

    private static int WriteHead(Span<byte> target, Major major, ulong value)
    {
        var kind = (byte)((int)major << 5);
        switch (value)
        {
            case < 24:
                target[0] = (byte)(kind | (byte)value);
                return 1;
            case <= byte.MaxValue:
                target[0] = (byte)(kind | 24);
                target[1] = (byte)value;
                return 2;
            case <= ushort.MaxValue:
                target[0] = (byte)(kind | 25);
                BinaryPrimitives.WriteUInt16BigEndian(target[1..], (ushort)value);
                return 3;
            case <= uint.MaxValue:
                target[0] = (byte)(kind | 26);
                BinaryPrimitives.WriteUInt32BigEndian(target[1..], (uint)value);
                return 5;
            default:
                target[0] = (byte)(kind | 27);
                BinaryPrimitives.WriteUInt64BigEndian(target[1..], value);
                return 9;
        }
    }

    /// <summary>
    /// The bits that a shorter number lacks must be zero; then its exponent decides. So most numbers need no conversion to find out, nor do
    /// zeros, of which covariances are full.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Write(double value, Span<byte> target)
    {
        const ulong LackedBySingle = (1UL << 29) - 1;
        var bits = BitConverter.DoubleToUInt64Bits(value);
        if (bits == 0)
        {
            target[0] = Half;
            target[1] = target[2] = 0;
            return 3;
        }

        if ((bits & LackedBySingle) == 0 && (float)value is var single && BitConverter.DoubleToUInt64Bits(single) == bits)
            return Write(single, target);
        target[0] = Double;
        BinaryPrimitives.WriteUInt64BigEndian(target[1..], bits);
        return 9;
    }

    private static int Write(float value, Span<byte> target)
    {
        const uint LackedByHalf = (1U << 13) - 1;
        var bits = BitConverter.SingleToUInt32Bits(value);
        if ((bits & LackedByHalf) == 0 && (System.Half)value is var half && BitConverter.SingleToUInt32Bits((float)half) == bits)
        {
            target[0] = Half;
            BinaryPrimitives.WriteUInt16BigEndian(target[1..], BitConverter.HalfToUInt16Bits(half));
            return 3;
        }

        target[0] = Single;
        BinaryPrimitives.WriteUInt32BigEndian(target[1..], bits);
        return 5;
    }
}
