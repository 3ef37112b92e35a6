using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace SimulationManager.RosMessages;

/// <summary>
/// Writes UTF-8 JSON into a buffer writer. <c>Utf8JsonWriter</c> costs more per number than formatting it does, and cannot write
/// lone surrogates.
/// </summary>
internal ref struct JsonOutput(IBufferWriter<byte> writer, JsonForm form = JsonForm.Exact) : IMessageOutput
{
    private const int LongestNumber = 40;
    private const long LargestExact = (1L << 53) - 1;

    private static readonly SearchValues<byte> s_plain =
        SearchValues.Create([.. Enumerable.Range(0x20, 0xE0).Select(value => (byte)value).Except("\"\\"u8.ToArray())]);

    private readonly bool _isExact = form == JsonForm.Exact;
    private OutputBuffer _output = new(writer);

    public void Flush() => _output.Flush();

    public void BeginMessage(int fields) => Byte('{');

    public void Name(FieldLayout field) => Raw(field.JsonName);

    public void EndMessage() => Byte('}');

    public void BeginArray(int count) => Byte('[');

    public void Separate() => Byte(',');

    public void EndArray() => Byte(']');

    public void Bool(bool value) => Raw(value ? "true"u8 : "false"u8);

    /// <summary>Numbers that a JSON reader with 64-bit floating point would change are written as text.</summary>
    public void Integer(long value)
    {
        if (_isExact && value is > LargestExact or < -LargestExact)
            Quoted(value);
        else
            Format(value);
    }

    public void Integer(ulong value)
    {
        if (_isExact && value > LargestExact)
            Quoted(value);
        else
            Format(value);
    }

    /// <summary>The shortest text that reads as the same number; what JSON has no number for is text.</summary>
    public void Float(double value) => Take(FloatText.Write(value, Reserve(FloatText.MaxLength), _isExact));

    /// <summary>As for <see cref="Float(double)"/>.</summary>
    public void Float(float value) => Take(FloatText.Write(value, Reserve(FloatText.MaxLength), _isExact));

    /// <summary>Numbers with commas between them.</summary>
    public void Floats<T>(ReadOnlySpan<byte> bytes, bool swaps)
        where T : unmanaged
    {
        const int Piece = 64;
        for (var start = 0; start < bytes.Length; start += Piece * Unsafe.SizeOf<T>())
        {
            var piece = bytes[start..Math.Min(bytes.Length, start + (Piece * Unsafe.SizeOf<T>()))];
            var target = Reserve((Piece * (FloatText.MaxLength + 1)) + FloatText.MaxLength);
            var length = 0;
            for (var offset = 0; offset < piece.Length; offset += Unsafe.SizeOf<T>())
            {
                if (start + offset > 0)
                    target[length++] = (byte)',';
                var value = MemoryMarshal.Read<T>(piece[offset..]);
                if (swaps)
                    value = ByteOrder.Reverse(value);
                length += typeof(T) == typeof(double)
                    ? FloatText.Write(Unsafe.BitCast<T, double>(value), target[length..], _isExact)
                    : FloatText.Write(Unsafe.BitCast<T, float>(value), target[length..], _isExact);
            }

            Take(length);
        }
    }

    /// <summary>A string as JSON text; see <see cref="CdrText"/> for bytes that are not UTF-8.</summary>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        Byte('"');
        if (Utf8.IsValid(utf8))
        {
            while (utf8.IndexOfAnyExcept(s_plain) is >= 0 and var special)
            {
                Raw(utf8[..special]);
                Escape(utf8[special]);
                utf8 = utf8[(special + 1)..];
            }

            Raw(utf8);
        }
        else
        {
            Text(CdrText.Decode(utf8));
        }

        Byte('"');
    }

    /// <summary>A string's code units as JSON text.</summary>
    public void Text(WideText text)
    {
        Byte('"');
        for (var i = 0; i < text.Length; i++)
        {
            var unit = text[i];
            if (char.IsHighSurrogate(unit) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                Unit(new Rune(unit, text[++i]));
            else
                Unit(unit);
        }

        Byte('"');
    }

    /// <summary>Base64, or numbers where that is not read.</summary>
    public void Bytes(FieldLayout field, ReadOnlySpan<byte> bytes)
    {
        if (!_isExact && (field.Kind == FieldKind.Byte || field.Array == ArrayKind.Bounded))
            Numbers(bytes);
        else
            Base64Text(bytes);
    }

    private void Numbers(ReadOnlySpan<byte> bytes)
    {
        BeginArray(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i > 0)
                Separate();
            Format(bytes[i]);
        }

        EndArray();
    }

    private void Base64Text(ReadOnlySpan<byte> bytes)
    {
        Byte('"');
        // Pieces of a multiple of three bytes need no padding between them.
        const int Piece = 3 * 1024;
        while (bytes.Length > 0)
        {
            var piece = bytes[..Math.Min(Piece, bytes.Length)];
            Base64.EncodeToUtf8(piece, Reserve(Base64.GetMaxEncodedToUtf8Length(piece.Length)), out _, out var written);
            Take(written);
            bytes = bytes[piece.Length..];
        }

        Byte('"');
    }

    private void Text(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                Unit(new Rune(text[i], text[++i]));
            else
                Unit(text[i]);
        }
    }

    private void Unit(char unit)
    {
        if (char.IsSurrogate(unit))
            Hex(unit);
        else if (unit < 0x20 || unit is '"' or '\\')
            Escape((byte)unit);
        else
            Unit(new Rune(unit));
    }

    private void Unit(Rune rune) => Take(rune.EncodeToUtf8(Reserve(4)));

    private void Escape(byte character)
    {
        switch (character)
        {
            case (byte)'"':
                Raw("\\\""u8);
                break;
            case (byte)'\\':
                Raw("\\\\"u8);
                break;
            case (byte)'\n':
                Raw("\\n"u8);
                break;
            case (byte)'\r':
                Raw("\\r"u8);
                break;
            case (byte)'\t':
                Raw("\\t"u8);
                break;
            default:
                Hex((char)character);
                break;
        }
    }

    private void Hex(char unit)
    {
        Raw("\\u"u8);
        Utf8Formatter.TryFormat((uint)unit, Reserve(4), out var written, new StandardFormat('x', 4));
        Take(written);
    }

    private void Quoted<T>(T value)
        where T : IUtf8SpanFormattable
    {
        Byte('"');
        Format(value);
        Byte('"');
    }

    private void Format<T>(T value)
        where T : IUtf8SpanFormattable
    {
        value.TryFormat(Reserve(LongestNumber), out var written, default, CultureInfo.InvariantCulture);
        Take(written);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Raw(ReadOnlySpan<byte> bytes) => _output.Raw(bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Byte(char character) => _output.Byte((byte)character);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(int bytes) => _output.Take(bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int bytes) => _output.Reserve(bytes);
}
