using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace SimulationManager.RosMessages;

/// <summary>
/// The shortest decimal that reads as the same floating-point number, by R. Giulietti's "The Schubfach way to render doubles"
/// (2020). Several times as fast as the framework's formatting, which is most of what JSON of a message costs.
/// </summary>
internal static class ShortestDecimal
{
    private const int MinPower = -292;
    private const int MaxPower = 324;
    private const int DoubleBits = 52;
    private const int SingleBits = 23;

    private static readonly UInt128[] s_powers = [.. Enumerable.Range(MinPower, MaxPower - MinPower + 1).Select(ScaledPowerOfTen)];

    /// <summary>Writes a finite number.</summary>
    /// <returns>The text's length, at most 25.</returns>
    public static int Write(double value, Span<byte> target)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value) & long.MaxValue;
        var (digits, exponent) = bits == 0 ? (0UL, 0) : Of(bits & ((1UL << DoubleBits) - 1), (int)(bits >> DoubleBits), DoubleBits, bias: 1075);
        return Write(digits, exponent, double.IsNegative(value), target);
    }

    /// <summary>As for <see cref="Write(double, Span{byte})"/>, for numbers of 32 bits.</summary>
    public static int Write(float value, Span<byte> target)
    {
        var bits = BitConverter.SingleToUInt32Bits(value) & int.MaxValue;
        var (digits, exponent) = bits == 0 ? (0UL, 0) : Of(bits & ((1U << SingleBits) - 1), (int)(bits >> SingleBits), SingleBits, bias: 150);
        return Write(digits, exponent, float.IsNegative(value), target);
    }

    /// <summary>Writes digits · 10^exponent as JavaScript does: with an exponent only below 1e-6 and from 1e21.</summary>
    private static int Write(ulong digits, int exponent, bool isNegative, Span<byte> target)
    {
        var length = 0;
        if (isNegative)
            target[length++] = (byte)'-';
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(digits, text, out var count);
        text = text[..count];
        var point = count + exponent;
        if (point is > 21 or <= -6)
        {
            target[length++] = text[0];
            if (count > 1)
                target[length++] = (byte)'.';
            length += Copy(text[1..], target[length..]);
            target[length++] = (byte)'e';
            target[length++] = point > 0 ? (byte)'+' : (byte)'-';
            Utf8Formatter.TryFormat(Math.Abs(point - 1), target[length..], out var written);
            return length + written;
        }

        if (point <= 0)
        {
            length += Copy("0."u8, target[length..]);
            length += Copy("000000"u8[..-point], target[length..]);
            return length + Copy(text, target[length..]);
        }

        if (point >= count)
        {
            length += Copy(text, target[length..]);
            target.Slice(length, exponent).Fill((byte)'0');
            return length + exponent;
        }

        length += Copy(text[..point], target[length..]);
        target[length++] = (byte)'.';
        return length + Copy(text[point..], target[length..]);
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> target)
    {
        text.CopyTo(target);
        return text.Length;
    }

    /// <summary>The number is c · 2^q; numbers that read as it lie between (4c - 2) and (4c + 2) quarters of 2^q.</summary>
    private static (ulong Digits, int Exponent) Of(ulong fraction, int biasedExponent, int fractionBits, int bias)
    {
        var c = biasedExponent == 0 ? fraction : fraction | (1UL << fractionBits);
        var q = Math.Max(biasedExponent, 1) - bias;
        var isEven = (c & 1) == 0;
        // Below a power of two, numbers lie twice as dense.
        var isLowerCloser = fraction == 0 && biasedExponent > 1;
        var k = ((q * 1_262_611) - (isLowerCloser ? 524_031 : 0)) >> 22;
        var shift = q + ((-k * 1_741_647) >> 19) + 1;
        var power = s_powers[-k - MinPower];
        var value = MultiplyToOdd(power, (4 * c) << shift);
        var lower = MultiplyToOdd(power, ((4 * c) - (isLowerCloser ? 1UL : 2UL)) << shift) + (isEven ? 0UL : 1UL);
        var upper = MultiplyToOdd(power, ((4 * c) + 2) << shift) - (isEven ? 0UL : 1UL);

        var s = value / 4;
        if (s >= 10)
        {
            var shorter = s / 10;
            var isDown = lower <= 40 * shorter;
            var isUp = (40 * shorter) + 40 <= upper;
            if (isDown != isUp)
                return WithoutZeros(shorter + (isUp ? 1UL : 0UL), k + 1);
        }

        var isBelow = lower <= 4 * s;
        var isAbove = (4 * s) + 4 <= upper;
        if (isBelow != isAbove)
            return (s + (isAbove ? 1UL : 0UL), k);
        var middle = (4 * s) + 2;
        return (s + (value > middle || (value == middle && (s & 1) != 0) ? 1UL : 0UL), k);
    }

    private static (ulong Digits, int Exponent) WithoutZeros(ulong digits, int exponent)
    {
        if (digits % 100_000_000 == 0)
            (digits, exponent) = (digits / 100_000_000, exponent + 8);
        while (digits % 10 == 0)
            (digits, exponent) = (digits / 10, exponent + 1);
        return (digits, exponent);
    }

    /// <summary>The product's upper 64 bits; the lowest is set if anything is below them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MultiplyToOdd(UInt128 power, ulong factor)
    {
        var below = Math.BigMul((ulong)power, factor, out _);
        var high = Math.BigMul((ulong)(power >> 64), factor, out var low);
        var sum = low + below;
        high += sum < low ? 1UL : 0UL;
        return high | (sum > 1 ? 1UL : 0UL);
    }

    /// <summary>10^k as 128 bits of which the highest is set, rounded up.</summary>
    private static UInt128 ScaledPowerOfTen(int k)
    {
        var power = BigInteger.Pow(10, Math.Abs(k));
        var bits = (int)power.GetBitLength();
        var (dividend, divisor) = k < 0 ? (BigInteger.One << (127 + bits), power)
            : bits <= 128 ? (power << (128 - bits), BigInteger.One)
            : (power, BigInteger.One << (bits - 128));
        return (UInt128)((dividend + divisor - 1) / divisor);
    }
}
