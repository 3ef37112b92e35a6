namespace SimulationManager.Rosbag2;

/// <summary>Sums and differences of nanosecond times that stay at the ends of the range instead of wrapping around.</summary>
internal static class TimeSpanNs
{
    public static long Between(long first, long last) => (long)Int128.Clamp((Int128)last - first, long.MinValue, long.MaxValue);

    public static long Add(long time, long span) => (long)Int128.Clamp((Int128)time + span, long.MinValue, long.MaxValue);
}
