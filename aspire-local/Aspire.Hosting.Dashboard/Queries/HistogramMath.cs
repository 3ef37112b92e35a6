using Aspire.Hosting.Dashboard.Telemetry.Metrics;

namespace Aspire.Hosting.Dashboard.Queries;

internal static class HistogramMath
{
    /// <summary>What was counted from <paramref name="earlier"/> to <paramref name="later"/>; all of the later one after the process restarted and began at zero.</summary>
    public static HistogramValue Subtract(HistogramValue later, HistogramValue? earlier)
    {
        if (earlier is null || earlier.Count > later.Count || !later.Bounds.AsSpan().SequenceEqual(earlier.Bounds))
            return later;
        var counts = new ulong[later.Counts.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            if (earlier.Counts[i] > later.Counts[i])
                return later;
            counts[i] = later.Counts[i] - earlier.Counts[i];
        }

        return later with { Count = later.Count - earlier.Count, Sum = later.Sum - earlier.Sum, Counts = counts, Min = null, Max = null };
    }

    /// <summary>The sum of two; null when their buckets differ, for then they cannot be added.</summary>
    public static HistogramValue? Add(HistogramValue? left, HistogramValue right)
    {
        if (left is null)
            return right;
        if (!left.Bounds.AsSpan().SequenceEqual(right.Bounds))
            return null;
        return left with
        {
            Count = left.Count + right.Count,
            Sum = left.Sum + right.Sum,
            Counts = [.. left.Counts.Zip(right.Counts, (one, other) => one + other)],
            Min = left.Min is { } a && right.Min is { } b ? Math.Min(a, b) : null,
            Max = left.Max is { } c && right.Max is { } d ? Math.Max(c, d) : null,
        };
    }

    /// <summary>
    /// The value below which <paramref name="quantile"/> (0–1) of the measurements lie, taken as evenly spread inside a
    /// bucket, as Prometheus' <c>histogram_quantile</c> does; null without measurements. The open last bucket counts as
    /// its lower bound.
    /// </summary>
    public static double? Quantile(HistogramValue histogram, double quantile)
    {
        var total = 0UL;
        foreach (var count in histogram.Counts)
            total += count;
        if (total == 0 || histogram.Bounds.Length == 0)
            return null;

        var rank = quantile * total;
        var below = 0UL;
        for (var i = 0; i < histogram.Counts.Length; i++)
        {
            var count = histogram.Counts[i];
            if (count == 0 || below + count < rank)
            {
                below += count;
                continue;
            }

            if (i == histogram.Bounds.Length)
                return histogram.Max ?? histogram.Bounds[^1];
            var upper = histogram.Bounds[i];
            var lower = i == 0 ? Math.Min(0, upper) : histogram.Bounds[i - 1];
            return lower + ((upper - lower) * ((rank - below) / count));
        }

        return histogram.Bounds[^1];
    }
}
