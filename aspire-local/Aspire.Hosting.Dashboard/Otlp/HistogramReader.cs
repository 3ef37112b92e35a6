using Aspire.Hosting.Dashboard.Telemetry.Metrics;
using OpenTelemetry.Proto.Metrics.V1;

namespace Aspire.Hosting.Dashboard.Otlp;

/// <summary>Reads both OTLP histogram forms into bounds and counts; null for one that contradicts itself.</summary>
internal static class HistogramReader
{
    /// <summary>Buckets of one point that are taken; SDKs use 15 to 160.</summary>
    public const int MaxBuckets = 1_000;

    public static HistogramValue? Read(HistogramDataPoint point)
    {
        // A histogram without buckets carries only count and sum.
        if (point.BucketCounts.Count == 0 && point.ExplicitBounds.Count == 0)
            return new HistogramValue(point.Count, point.Sum, Given(point.HasMin, point.Min), Given(point.HasMax, point.Max), [], [point.Count]);
        if (point.BucketCounts.Count != point.ExplicitBounds.Count + 1 || point.BucketCounts.Count > MaxBuckets)
            return null;
        for (var i = 1; i < point.ExplicitBounds.Count; i++)
        {
            if (!(point.ExplicitBounds[i] > point.ExplicitBounds[i - 1]))
                return null;
        }

        return new HistogramValue(point.Count, point.Sum, Given(point.HasMin, point.Min), Given(point.HasMax, point.Max), [.. point.ExplicitBounds], [.. point.BucketCounts]);
    }

    /// <summary>
    /// The exponential form: bucket <c>i</c> of the positive side covers <c>(base^(offset+i), base^(offset+i+1)]</c> with
    /// <c>base = 2^(2^-scale)</c> (OpenTelemetry metrics data model, "Exponential buckets").
    /// </summary>
    public static HistogramValue? Read(ExponentialHistogramDataPoint point)
    {
        var positive = point.Positive;
        var negative = point.Negative;
        var buckets = (positive?.BucketCounts.Count ?? 0) + (negative?.BucketCounts.Count ?? 0) + 2;
        if (buckets > MaxBuckets || point.Scale is < -10 or > 20)
            return null;

        var bounds = new List<double>(buckets);
        var counts = new List<ulong>(buckets + 1);
        if (negative is { BucketCounts.Count: > 0 })
        {
            for (var i = negative.BucketCounts.Count - 1; i >= 0; i--)
            {
                counts.Add(negative.BucketCounts[i]);
                bounds.Add(-Boundary(point.Scale, (long)negative.Offset + i));
            }
        }

        counts.Add(point.ZeroCount);
        if (positive is { BucketCounts.Count: > 0 })
        {
            for (var i = 0; i < positive.BucketCounts.Count; i++)
            {
                bounds.Add(Boundary(point.Scale, (long)positive.Offset + i));
                counts.Add(positive.BucketCounts[i]);
            }

            bounds.Add(Boundary(point.Scale, (long)positive.Offset + positive.BucketCounts.Count));
            counts.Add(0);
        }

        if (bounds.Exists(bound => !double.IsFinite(bound)))
            return null;
        return new HistogramValue(point.Count, point.Sum, Given(point.HasMin, point.Min), Given(point.HasMax, point.Max), [.. bounds], [.. counts]);
    }

    private static double Boundary(int scale, long index) => Math.Pow(2, index * Math.Pow(2, -scale));

    private static double? Given(bool given, double value) => given && double.IsFinite(value) ? value : null;
}
