using System.Globalization;

namespace Aspire.Hosting.Dashboard.Components;

/// <summary>Numbers and times as the pages show them.</summary>
internal static class Format
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Duration(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0 µs",
        { TotalMilliseconds: < 1 } => string.Create(CultureInfo.CurrentCulture, $"{duration.TotalMicroseconds:0.#} µs"),
        { TotalSeconds: < 1 } => string.Create(CultureInfo.CurrentCulture, $"{duration.TotalMilliseconds:0.##} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.CurrentCulture, $"{duration.TotalSeconds:0.##} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.CurrentCulture, $"{(int)duration.TotalMinutes} min {duration.Seconds} s"),
        _ => string.Create(CultureInfo.CurrentCulture, $"{(int)duration.TotalHours} h {duration.Minutes} min"),
    };

    public static string Bytes(double bytes)
    {
        var unit = 0;
        while (bytes >= 1024 && unit < ByteUnits.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.CurrentCulture, $"{bytes:0.#} {ByteUnits[unit]}");
    }

    public static string Percent(double percent) => string.Create(CultureInfo.CurrentCulture, $"{percent:0.#} %");

    /// <summary>A CSS length in percent, with a point whatever the language.</summary>
    public static string Css(double percent) => string.Create(CultureInfo.InvariantCulture, $"{percent:0.###}%");

    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.CurrentCulture);

    /// <summary>The time alone for today, else with the date.</summary>
    public static string ShortTime(DateTimeOffset time, DateTimeOffset now)
    {
        var local = time.ToLocalTime();
        return local.Date == now.ToLocalTime().Date ? local.ToString("HH:mm:ss", CultureInfo.CurrentCulture) : local.ToString("g", CultureInfo.CurrentCulture);
    }

    public static string FullTime(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture);

    /// <summary>A colour class that stays the same for a service (0–9).</summary>
    public static int ColourOf(string service)
    {
        var hash = 17;
        foreach (var character in service)
            hash = unchecked((hash * 31) + character);
        return (hash & int.MaxValue) % 10;
    }
}
