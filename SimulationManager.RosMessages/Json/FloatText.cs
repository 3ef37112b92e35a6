using System.Globalization;

namespace SimulationManager.RosMessages;

/// <summary>
/// What JSON has no number for: <c>Infinity</c>, <c>-Infinity</c>, <c>NaN</c>. Other bit patterns of NaN than the one that C++'s
/// <c>quiet_NaN</c> and NumPy give carry their bits, <c>NaN:fff8000000000000</c>, so that a message can be restored.
/// </summary>
internal static class FloatText
{
    public const ulong CanonicalNaN64 = 0x7FF8_0000_0000_0000;
    public const uint CanonicalNaN32 = 0x7FC0_0000;
    public const string NaNPrefix = "NaN:";

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
