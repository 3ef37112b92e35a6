using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace SimulationManager.RosMessages;

/// <summary>
/// What JSON has no number for: <c>Infinity</c>, <c>-Infinity</c>, <c>NaN</c>. Other bit patterns of NaN than the one that C++'s
/// <c>quiet_NaN</c> and NumPy give carry their bits, <c>NaN:fff8000000000000</c>, so that a message can be restored.
/// </summary>
internal static class FloatText
{
    private const ulong CanonicalNaN64 = 0x7FF8_0000_0000_0000;
    private const uint CanonicalNaN32 = 0x7FC0_0000;
    private const string NaNPrefix = "NaN:";
    private const long LargestExact = (1L << 53) - 1;

    /// <summary>Bytes that a number takes at most.</summary>
    public const int MaxLength = 26;

    /// <summary>Writes a number as JSON. Most numbers of a recording are zero or whole.</summary>
    /// <param name="value">The number.</param>
    /// <param name="target">Takes the text.</param>
    /// <param name="isExact">Whether what JSON has no number for is text; else it is written as Python reads it (<see cref="JsonForm.Rosbridge"/>).</param>
    /// <returns>The text's length.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(double value, Span<byte> target, bool isExact = true)
    {
        if (BitConverter.DoubleToUInt64Bits(value) != 0)
            return WriteNonZero(value, target, isExact);
        target[0] = (byte)'0';
        return 1;
    }

    /// <summary>As for <see cref="Write(double, Span{byte}, bool)"/>, for numbers of 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(float value, Span<byte> target, bool isExact = true)
    {
        if (BitConverter.SingleToUInt32Bits(value) == 0)
        {
            target[0] = (byte)'0';
            return 1;
        }

        return float.IsFinite(value) ? ShortestDecimal.Write(value, target) : WriteNotFinite(value, BitConverter.SingleToUInt32Bits(value), CanonicalNaN32, 8, target, isExact);
    }

    private static int WriteNonZero(double value, Span<byte> target, bool isExact)
    {
        var whole = (long)value;
        if (whole == value && whole is not 0 and <= LargestExact and >= -LargestExact)
        {
            Utf8Formatter.TryFormat(whole, target, out var length);
            return length;
        }

        return double.IsFinite(value) ? ShortestDecimal.Write(value, target) : WriteNotFinite(value, BitConverter.DoubleToUInt64Bits(value), CanonicalNaN64, 16, target, isExact);
    }

    private static int WriteNotFinite(double value, ulong bits, ulong canonical, byte digits, Span<byte> target, bool isExact)
    {
        if (!isExact)
        {
            var number = double.IsNaN(value) ? "NaN"u8 : value > 0 ? "1e999"u8 : "-1e999"u8;
            number.CopyTo(target);
            return number.Length;
        }

        var text = double.IsInfinity(value) ? value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8 : bits == canonical ? "\"NaN\""u8 : "\"NaN:"u8;
        text.CopyTo(target);
        if (text[^1] == '"')
            return text.Length;
        Utf8Formatter.TryFormat(bits, target[text.Length..], out var written, new StandardFormat('x', digits));
        target[text.Length + written] = (byte)'"';
        return text.Length + written + 1;
    }

    public static double? Double(string text) => text switch
    {
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        "NaN" => BitConverter.UInt64BitsToDouble(CanonicalNaN64),
        _ => Bits(text, 16) is { } bits && BitConverter.UInt64BitsToDouble(bits) is var value && double.IsNaN(value) ? value : null,
    };

    public static float? Single(string text) => text switch
    {
        "Infinity" => float.PositiveInfinity,
        "-Infinity" => float.NegativeInfinity,
        "NaN" => BitConverter.UInt32BitsToSingle(CanonicalNaN32),
        _ => Bits(text, 8) is { } bits && BitConverter.UInt32BitsToSingle((uint)bits) is var value && float.IsNaN(value) ? value : null,
    };

    private static ulong? Bits(string text, int digits) =>
        text.Length == NaNPrefix.Length + digits && text.StartsWith(NaNPrefix, StringComparison.Ordinal) &&
        ulong.TryParse(text.AsSpan(NaNPrefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            ? bits
            : null;
}
