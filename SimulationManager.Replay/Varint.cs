using System.Buffers;

namespace SimulationManager.Replay;

/// <summary>Unsigned integers in 1–10 bytes, seven bits each, least significant first (LEB128).</summary>
public static class Varint
{
    /// <summary>Appends a number.</summary>
    public static void Write(IBufferWriter<byte> output, ulong value)
    {
        var span = output.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }
        span[length++] = (byte)value;
        output.Advance(length);
    }

    /// <summary>Reads a number and moves <paramref name="input"/> past it.</summary>
    /// <exception cref="FormatException">The input ends in the middle, or the number has more than 64 bits.</exception>
    public static ulong Read(ref ReadOnlySpan<byte> input)
    {
        ulong value = 0;
        for (var i = 0; i < input.Length && i < 10; i++)
        {
            value |= (ulong)(input[i] & 0x7F) << (7 * i);
            if (input[i] >= 0x80) continue;
            input = input[(i + 1)..];
            return value;
        }
        throw new FormatException("A number in a checkpoint is cut off.");
    }
}
