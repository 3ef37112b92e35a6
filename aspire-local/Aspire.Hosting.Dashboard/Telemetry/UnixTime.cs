namespace Aspire.Hosting.Dashboard.Telemetry;

/// <summary>OTLP times: unsigned nanoseconds since 1970-01-01 UTC, up to the year 2554.</summary>
internal static class UnixTime
{
    public static DateTimeOffset ToTime(ulong nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds / 100));

    public static ulong FromTime(DateTimeOffset time) => (ulong)Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks) * 100;

    /// <summary>Nanoseconds from <paramref name="start"/> to <paramref name="end"/>; zero when the end lies before the start.</summary>
    public static TimeSpan Between(ulong start, ulong end) =>
        end <= start ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Min((end - start) / 100, long.MaxValue));
}
