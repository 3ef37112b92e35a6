using System.Globalization;

namespace SimulationManager.Console.Components;

/// <summary>Numbers as people read them, the same in every language: digits grouped by thin spaces, ISO dates in the browser's time zone.</summary>
internal static class Quantities
{
    private static readonly NumberFormatInfo s_numbers = new() { NumberGroupSeparator = "\u2009", NumberDecimalSeparator = "." };
    private static readonly string[] s_bytes = ["B", "kB", "MB", "GB", "TB"];

    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string ClockTime(DateTimeOffset time) => time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Count(double value) => value.ToString("#,0", s_numbers);

    public static string Number(double value) => value.ToString("#,0.##", s_numbers);

    public static string Percent(double value) => value.ToString("0.#", s_numbers) + "\u00a0%";

    /// <summary>Bytes in units of 1000.</summary>
    public static string Bytes(double value)
    {
        var unit = 0;
        for (; value >= 1000 && unit < s_bytes.Length - 1; unit++) value /= 1000;
        return $"{value.ToString(unit == 0 ? "0" : "0.0", s_numbers)}\u00a0{s_bytes[unit]}";
    }

    /// <summary>Microseconds in the unit that fits.</summary>
    public static string Lateness(long? microseconds) => microseconds switch
    {
        null => "–",
        < 1000 => $"{microseconds}\u00a0µs",
        < 1_000_000 => $"{(microseconds.Value / 1e3).ToString("0.0", s_numbers)}\u00a0ms",
        _ => $"{(microseconds.Value / 1e6).ToString("0.00", s_numbers)}\u00a0s",
    };

    /// <summary>Seconds as <c>1:02:03</c> or <c>4.5 s</c>.</summary>
    public static string Duration(double? seconds) => seconds switch
    {
        null => "–",
        < 60 => $"{seconds.Value.ToString("0.#", s_numbers)}\u00a0s",
        < 3600 => TimeSpan.FromSeconds(seconds.Value).ToString("m':'ss", CultureInfo.InvariantCulture),
        _ => $"{(int)(seconds.Value / 3600)}:{TimeSpan.FromSeconds(seconds.Value % 3600):mm':'ss}",
    };
}
