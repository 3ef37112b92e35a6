using System.Globalization;
using System.Text.RegularExpressions;

namespace SimulationManager.LocalS3.Http;

/// <summary>A stretch of an object, both ends included.</summary>
internal readonly partial record struct ByteRange(long First, long Last)
{
    public long Length => Last - First + 1;

    /// <summary>Null for no range, or one that HTTP says to ignore (several, or malformed).</summary>
    /// <exception cref="S3Error">416: it begins behind the end.</exception>
    public static ByteRange? Parse(string header, long size)
    {
        if (Pattern().Match(header) is not { Success: true } match || (match.Groups[1].Length == 0 && match.Groups[2].Length == 0))
            return null;
        var first = Number(match.Groups[1].Value);
        var last = Number(match.Groups[2].Value);
        if (first is null)
            return last > 0 && size > 0 ? new ByteRange(Math.Max(0, size - last.Value), size - 1) : throw Unsatisfiable();
        if (last < first)
            return null;
        return first < size ? new ByteRange(first.Value, Math.Min(last ?? size - 1, size - 1)) : throw Unsatisfiable();
    }

    private static S3Error Unsatisfiable() => new(416, "InvalidRange", "The requested range cannot be satisfied.");

    private static long? Number(string digits) =>
        digits.Length == 0 ? null : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : long.MaxValue;

    [GeneratedRegex(@"\A\s*bytes=(\d*)-(\d*)\s*\z")]
    private static partial Regex Pattern();
}
