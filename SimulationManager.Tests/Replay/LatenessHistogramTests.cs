using FsCheck.Xunit;
using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

public sealed class LatenessHistogramTests
{
    [Fact]
    public void Percentile_is_at_most_a_sixteenth_above_the_exact_one()
    {
        var histogram = new LatenessHistogram();
        for (var microseconds = 1; microseconds <= 100_000; microseconds++) histogram.Record(microseconds * 1000L);

        foreach (var fraction in new[] { 0.01, 0.5, 0.99, 0.999 })
            Assert.InRange(histogram.Percentile(fraction), fraction * 100_000, fraction * 100_000 * 1.0625);
        Assert.Equal((100_000L, 100_000L), (histogram.Max, histogram.Count));
    }

    [Fact]
    public void Empty_histogram_says_zero() => Assert.Equal((0L, 0L), (new LatenessHistogram().Percentile(0.99), new LatenessHistogram().Max));

    [Fact]
    public void Early_counts_as_on_time_and_hours_late_count_in_the_last_bucket()
    {
        var histogram = new LatenessHistogram();
        histogram.Record(-5);
        histogram.Record(TimeSpan.FromHours(3).Ticks * 100);

        Assert.Equal((0L, 10_800_000_000L), (histogram.Percentile(0.5), histogram.Percentile(1)));
    }

    [Property]
    public bool Reading_what_was_written_gives_the_same_histogram(uint[] microseconds)
    {
        var histogram = new LatenessHistogram();
        foreach (var value in microseconds) histogram.Record(value * 1000L);

        ReadOnlySpan<byte> bytes = histogram.ToBytes();
        var read = LatenessHistogram.Read(ref bytes);

        return bytes.IsEmpty && read.Count == histogram.Count && read.Max == histogram.Max
            && new[] { 0, 0.1, 0.5, 0.9, 0.99, 1 }.All(fraction => read.Percentile(fraction) == histogram.Percentile(fraction));
    }

    [Fact]
    public void Since_is_what_came_after_the_copy()
    {
        var histogram = new LatenessHistogram();
        histogram.Record(5_000_000);
        var earlier = histogram.Copy();
        histogram.Record(1000);

        var since = histogram.Since(earlier);

        Assert.Equal((1L, 1L), (since.Count, since.Percentile(1)));
    }
}
