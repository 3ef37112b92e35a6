namespace SimulationManager.Tests.Replay;

/// <summary>A clock that stands still until the test moves it.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _nanoseconds = 1_000_000_000_000;

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Volatile.Read(ref _nanoseconds);

    public void Advance(TimeSpan time) => AdvanceNanoseconds(time.Ticks * 100);

    public void AdvanceNanoseconds(long nanoseconds) => Volatile.Write(ref _nanoseconds, _nanoseconds + nanoseconds);
}
