namespace SimulationManager.RosMessages;

/// <summary>What becomes of stamps. One that is zero, which says that there is no time, stays. By default all stay.</summary>
public readonly record struct StampChange
{
    // Differences beyond this lead out of what a stamp can hold, from wherever it is; within, nothing overflows.
    private const long LargestOffset = 5_000_000_000_000_000_000;

    private readonly Kind _kind;
    private readonly long _nanoseconds;

    private StampChange(Kind kind, long nanoseconds) => (_kind, _nanoseconds) = (kind, nanoseconds);

    private enum Kind : byte
    {
        None,
        By,
        To,
    }

    internal bool IsNone => _kind == Kind.None;

    /// <summary>Adds to every stamp.</summary>
    /// <param name="offsetNs">Nanoseconds, negative for earlier.</param>
    public static StampChange By(long offsetNs) => new(Kind.By, offsetNs);

    /// <summary>Replaces every stamp.</summary>
    /// <param name="timeNs">Nanoseconds since the Unix epoch.</param>
    public static StampChange To(long timeNs) => new(Kind.To, timeNs);

    /// <returns>Whether the stamp can hold the new time.</returns>
    internal bool TryApply(Span<byte> stamp, bool swaps)
    {
        var (seconds, nanoseconds) = Stamp.Get(stamp, swaps);
        if ((seconds | (int)nanoseconds) == 0)
            return true;
        if (_kind == Kind.To)
            return Stamp.TryPut(stamp, _nanoseconds, swaps);
        return _nanoseconds is <= LargestOffset and >= -LargestOffset
            && Stamp.TryPut(stamp, (seconds * Stamp.NanosecondsPerSecond) + nanoseconds + _nanoseconds, swaps);
    }
}
