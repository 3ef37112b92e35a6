namespace SimulationManager.Replay;

/// <summary>Times as messages have them: nanoseconds since 1970.</summary>
public static class UnixTime
{
    /// <summary>A time in nanoseconds since 1970, as exact as .NET has it: 100 ns.</summary>
    public static long ToUnixNanoseconds(this DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The time that is so many nanoseconds after 1970, rounded down to 100 ns.</summary>
    public static DateTimeOffset FromUnixNanoseconds(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
