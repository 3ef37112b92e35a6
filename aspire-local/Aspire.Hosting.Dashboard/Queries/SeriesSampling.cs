using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Metrics;

namespace Aspire.Hosting.Dashboard.Queries;

/// <summary>Brings the points of a series, which come when the sender reports, onto the common columns of a chart.</summary>
internal static class SeriesSampling
{
    // A series that was silent this long is gone, not constant.
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);

    /// <summary>Values at the end of each column; with <paramref name="asRate"/> the increase per second within it.</summary>
    public static double?[] Scalars(SeriesSnapshot series, InstrumentInfo info, DateTimeOffset from, DateTimeOffset[] times, bool asRate)
    {
        var values = new double?[times.Length];
        var seconds = (times[0] - from).TotalSeconds;
        var start = from;
        var before = info.IsDelta ? null : ValueAt(series.Points, from);
        for (var column = 0; column < times.Length; column++)
        {
            var end = times[column];
            if (info.IsDelta)
            {
                var sum = SumBetween(series.Points, start, end);
                values[column] = asRate ? sum / seconds : sum;
            }
            else
            {
                var now = ValueAt(series.Points, end);
                // The first value ever seen is no increase: the process may have counted long before it was seen.
                values[column] = !asRate ? now : now is null || before is null ? null : (now < before ? now : now - before) / seconds;
                before = now ?? before;
            }

            start = end;
        }

        return values;
    }

    /// <summary>What was counted within each column; null where nothing was.</summary>
    public static HistogramValue?[] Histograms(SeriesSnapshot series, InstrumentInfo info, DateTimeOffset from, DateTimeOffset[] times)
    {
        var values = new HistogramValue?[times.Length];
        var start = from;
        var before = info.IsDelta ? null : PointAt(series.Points, from)?.Histogram;
        for (var column = 0; column < times.Length; column++)
        {
            if (info.IsDelta)
            {
                HistogramValue? sum = null;
                foreach (var point in series.Points)
                {
                    if (IsWithin(point, start, times[column]) && point.Histogram is { } counted)
                        sum = HistogramMath.Add(sum, counted) ?? sum;
                }

                values[column] = sum;
            }
            else if (PointAt(series.Points, times[column])?.Histogram is { } now)
            {
                var counted = HistogramMath.Subtract(now, before);
                values[column] = counted.Count == 0 ? null : counted;
                before = now;
            }

            start = times[column];
        }

        return values;
    }

    private static double? SumBetween(MetricPoint[] points, DateTimeOffset start, DateTimeOffset end)
    {
        double? sum = null;
        foreach (var point in points)
        {
            if (IsWithin(point, start, end))
                sum = (sum ?? 0) + point.Value;
        }

        return sum;
    }

    private static bool IsWithin(in MetricPoint point, DateTimeOffset start, DateTimeOffset end)
    {
        var time = UnixTime.ToTime(point.TimeUnixNano);
        return time > start && time <= end;
    }

    private static double? ValueAt(MetricPoint[] points, DateTimeOffset time) => PointAt(points, time)?.Value;

    /// <summary>The point that held at a time: the last one that began before it, unless the series had fallen silent.</summary>
    private static MetricPoint? PointAt(MetricPoint[] points, DateTimeOffset time)
    {
        var nanoseconds = UnixTime.FromTime(time);
        int low = 0, high = points.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (points[middle].FromUnixNano <= nanoseconds)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == 0)
            return null;
        var point = points[low - 1];
        return UnixTime.ToTime(point.TimeUnixNano) + Silence < time ? null : point;
    }
}
