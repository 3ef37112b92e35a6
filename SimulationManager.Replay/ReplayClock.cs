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
}
