using SimulationManager.Worker.Telemetry.Usage;

namespace SimulationManager.Tests.Worker.Usage;

public sealed class ComputeLimitsTests
{
    [Fact]
    public void This_process_may_use_some_processor_time_and_memory()
    {
        var limits = ComputeLimits.OfThisProcess();

        Assert.InRange(limits.Processors, 0.01, Environment.ProcessorCount);
        Assert.InRange(limits.MemoryBytes, 1 << 20, long.MaxValue);
    }

    [Fact]
    public void Without_a_control_group_the_machine_is_the_limit() =>
        Assert.Equal(new ComputeLimits(4, 1000), ComputeLimits.Read(null, 4, 1000));

    [Theory]
    [InlineData("50000 100000", "512", 0.5, 512)]
    [InlineData("max 100000", "max", 4, 1000)]
    [InlineData("800000 100000", "2000", 4, 1000)]
    public void A_control_groups_limits_count_where_they_are_tighter(string cpu, string memory, double processors, long bytes)
    {
        var root = Directory.CreateTempSubdirectory();
        try
        {
            var group = root.CreateSubdirectory("outer/inner").FullName;
            File.WriteAllText(Path.Combine(root.FullName, "outer", "cpu.max"), cpu + "\n");
            File.WriteAllText(Path.Combine(group, "memory.max"), memory + "\n");

            Assert.Equal(new ComputeLimits(processors, bytes), ComputeLimits.Read(group, 4, 1000, root.FullName));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
