using System.Buffers;
using System.Numerics;

namespace SimulationManager.Replay;

/// <summary>Unsigned integers in 1–10 bytes, seven bits each, least significant first (LEB128).</summary>
public static class Varint
{
    private const int MaxBytes = 10;

    /// <summary>Appends a number.</summary>
    public static void Write(IBufferWriter<byte> output, ulong value) => output.Advance(Write(output.GetSpan(MaxBytes), value));

    /// <summary>Writes a number and returns its bytes.</summary>
    /// <param name="output">Has room for it.</param>
    /// <param name="value">The number.</param>
    public static int Write(Span<byte> output, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            output[length++] = (byte)(value | 0x80);
            value >>= 7;
        }
        output[length++] = (byte)value;
        return length;
    }

    /// <summary>Bytes that a number takes.</summary>
    public static int SizeOf(ulong value) => Math.Max(1, (70 - BitOperations.LeadingZeroCount(value)) / 7);

    /// <summary>Reads a number and moves <paramref name="input"/> past it.</summary>
    /// <exception cref="FormatException">The input ends in the middle, or the number has more than 64 bits.</exception>
    public static ulong Read(ref ReadOnlySpan<byte> input)
    {
        ulong value = 0;
        for (var i = 0; i < input.Length && i < MaxBytes; i++)
        {
            value |= (ulong)(input[i] & 0x7F) << (7 * i);
            if (input[i] >= 0x80) continue;
            input = input[(i + 1)..];
            return value;
        }
        throw new FormatException("A number in a checkpoint is cut off.");
    }
}
