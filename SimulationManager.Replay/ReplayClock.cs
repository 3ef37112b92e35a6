namespace SimulationManager.Replay;

/// <summary>Monotonic time in nanoseconds from a <see cref="TimeProvider"/>; its zero means nothing.</summary>
/// <param name="time">Whose timestamps it tells.</param>
public sealed class ReplayClock(TimeProvider time)
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly long _frequency = time.TimestampFrequency;

    /// <summary>Now, in nanoseconds. Never goes back.</summary>
    public long Now
    {
        get
        {
            var timestamp = time.GetTimestamp();
            return _frequency == NanosecondsPerSecond
                ? timestamp
                : (timestamp / _frequency * NanosecondsPerSecond) + (timestamp % _frequency * NanosecondsPerSecond / _frequency);
        }
    }

    /// <summary>The time on the wall when this clock was 0, nanoseconds since 1970, as a wall clock has it now.</summary>
    /// <param name="wall">The clock on the wall.</param>
    public long ZeroOn(TimeProvider wall) => wall.GetUtcNow().ToUnixNanoseconds() - Now;
}
