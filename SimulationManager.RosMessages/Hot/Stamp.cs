using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>A <c>builtin_interfaces/Time</c> in a payload: int32 seconds, uint32 nanoseconds.</summary>
internal static class Stamp
{
    public const long NanosecondsPerSecond = 1_000_000_000;

    public static long Read(ref CdrReader reader) => (reader.Read<int>() * NanosecondsPerSecond) + reader.Read<uint>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int Seconds, uint Nanoseconds) Get(ReadOnlySpan<byte> stamp, bool swaps)
    {
        var seconds = MemoryMarshal.Read<int>(stamp);
        var nanoseconds = MemoryMarshal.Read<uint>(stamp[4..]);
        return swaps ? (ByteOrder.Reverse(seconds), ByteOrder.Reverse(nanoseconds)) : (seconds, nanoseconds);
    }

    /// <returns>Whether the type can hold the time.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPut(Span<byte> stamp, long timeNs, bool swaps)
    {
        var (seconds, nanoseconds) = Math.DivRem(timeNs, NanosecondsPerSecond);
        if (nanoseconds < 0)
            (seconds, nanoseconds) = (seconds - 1, nanoseconds + NanosecondsPerSecond);
        if (seconds != (int)seconds)
            return false;
        MemoryMarshal.Write(stamp, swaps ? ByteOrder.Reverse((int)seconds) : (int)seconds);
        MemoryMarshal.Write(stamp[4..], swaps ? ByteOrder.Reverse((uint)nanoseconds) : (uint)nanoseconds);
        return true;
    }
}
