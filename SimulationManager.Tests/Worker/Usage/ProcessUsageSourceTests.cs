using SimulationManager.Worker.Telemetry.Usage;

namespace SimulationManager.Tests.Worker.Usage;

public sealed class ProcessUsageSourceTests
{
    [Fact]
    public async Task After_the_first_reading_each_one_tells_the_usage_also_when_several_ask_at_once()
    {
        var source = new ProcessUsageSource(new ComputeLimits(Environment.ProcessorCount, long.MaxValue), TimeProvider.System);
        Assert.Null((await source.ReadAsync(TestContext.Current.CancellationToken)).CpuPercent);
        var readings = new UsageReading[100_000];

        await Parallel.ForAsync(0, readings.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (index, token) => readings[index] = await source.ReadAsync(token));

        Assert.All(readings, reading => Assert.InRange(reading.CpuPercent ?? double.NaN, 0, double.MaxValue));
    }
}
