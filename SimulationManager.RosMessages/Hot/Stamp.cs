using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>A <c>builtin_interfaces/Time</c> in a payload: int32 seconds, uint32 nanoseconds.</summary>
internal static class Stamp
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const long LargestOffset = 5_000_000_000_000_000_000;

    public static long Read(ref CdrReader reader) => (reader.Read<int>() * NanosecondsPerSecond) + reader.Read<uint>();

    /// <summary>Adds to a stamp. One that is zero, which says that there is none, stays.</summary>
    /// <returns>Whether it was changed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Shift(Span<byte> stamp, long offsetNs, bool swaps)
    {
        var (seconds, nanoseconds) = Get(stamp, swaps);
        if ((seconds | (int)nanoseconds) == 0)
            return false;
        if (offsetNs is > LargestOffset or < -LargestOffset)
            throw OutOfRange();
        Put(stamp, (seconds * NanosecondsPerSecond) + nanoseconds + offsetNs, swaps);
        return true;
    }

    /// <summary>Replaces a stamp. One that is zero stays.</summary>
    /// <returns>Whether it was changed.</returns>
    public static bool Set(Span<byte> stamp, long timeNs, bool swaps)
    {
        var (seconds, nanoseconds) = Get(stamp, swaps);
        if ((seconds | (int)nanoseconds) == 0)
            return false;
        Put(stamp, timeNs, swaps);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int Seconds, uint Nanoseconds) Get(Span<byte> stamp, bool swaps)
    {
        var seconds = MemoryMarshal.Read<int>(stamp);
        var nanoseconds = MemoryMarshal.Read<uint>(stamp[4..]);
        return swaps ? (ByteOrder.Reverse(seconds), ByteOrder.Reverse(nanoseconds)) : (seconds, nanoseconds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Span<byte> stamp, long timeNs, bool swaps)
    {
        var (seconds, nanoseconds) = Math.DivRem(timeNs, NanosecondsPerSecond);
        if (nanoseconds < 0)
            (seconds, nanoseconds) = (seconds - 1, nanoseconds + NanosecondsPerSecond);
        if (seconds != (int)seconds)
            throw OutOfRange();
        MemoryMarshal.Write(stamp, swaps ? ByteOrder.Reverse((int)seconds) : (int)seconds);
        MemoryMarshal.Write(stamp[4..], swaps ? ByteOrder.Reverse((uint)nanoseconds) : (uint)nanoseconds);
    }

    private static RosMessageException OutOfRange() =>
        new(RosMessageError.StampOutOfRange, "A stamp would lie outside of 1901-12-13 to 2038-01-19, which is what builtin_interfaces/Time can hold.");
}
