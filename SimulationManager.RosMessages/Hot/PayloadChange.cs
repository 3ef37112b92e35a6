using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>What becomes of a payload. By default it stays as it is.</summary>
/// <param name="Stamps">What becomes of its stamps.</param>
/// <param name="Frames">New names of frames; null keeps them.</param>
/// <param name="Offset">What is added to positions in global frames.</param>
public readonly record struct PayloadChange(StampChange Stamps = default, FrameNames? Frames = null, PositionOffset Offset = default)
{
    internal PayloadPlaces Places =>
        (Stamps.IsNone ? PayloadPlaces.None : PayloadPlaces.Stamps)
        | (Frames is null ? PayloadPlaces.None : PayloadPlaces.Frames)
        | (Offset.IsZero ? PayloadPlaces.None : PayloadPlaces.Positions);
}

/// <summary>How a payload was rewritten.</summary>
public enum RewriteStatus
{
    /// <summary>It was.</summary>
    Done,

    /// <summary>The destination is too small. Nothing in it counts.</summary>
    DestinationTooSmall,

    /// <summary>The payload is cut off, damaged, of another type or in another encapsulation. Nothing in the destination counts.</summary>
    PayloadUnsuitable,

    /// <summary>
    /// A stamp would lie outside of 1901-12-13 to 2038-01-19, which is what <c>builtin_interfaces/Time</c> can hold (int32 seconds). Nothing in
    /// the destination counts.
    /// </summary>
    StampOutOfRange,
}

/// <summary>Metres that are added to a position.</summary>
/// <param name="X">Along x.</param>
/// <param name="Y">Along y.</param>
/// <param name="Z">Along z.</param>
public readonly record struct PositionOffset(double X, double Y, double Z = 0)
{
    /// <summary>Whether there is nothing to add.</summary>
    public bool IsZero => X == 0 && Y == 0 && Z == 0;

    /// <summary>Adds to three <c>float64</c> of a payload.</summary>
    internal void AddTo(Span<byte> position, bool swaps)
    {
        Add(position, X, swaps);
        Add(position[sizeof(double)..], Y, swaps);
        Add(position[(2 * sizeof(double))..], Z, swaps);
    }

    private static void Add(Span<byte> number, double metres, bool swaps)
    {
        var value = MemoryMarshal.Read<double>(number);
        var moved = (swaps ? ByteOrder.Reverse(value) : value) + metres;
        MemoryMarshal.Write(number, swaps ? ByteOrder.Reverse(moved) : moved);
    }
}
