using System.Globalization;

namespace SimulationManager.Tests.Worker.Faults;

/// <summary>
/// The model-based fault test: another seed in each test run, shown when it fails. Many runs, or one again:
/// <c>FAULT_RUNS=20 FAULT_SEED=1 dotnet test --filter FaultTests</c>.
/// </summary>
[Collection(SurvivalCollection.Name)]
public sealed class FaultTests(OwnServers fixture)
{
    [Fact]
    public async Task Whatever_breaks_a_run_has_one_end_counts_nothing_twice_and_leaves_a_complete_history()
    {
        var runs = Setting("FAULT_RUNS") ?? 1;
        var seed = Setting("FAULT_SEED") ?? Random.Shared.Next(1_000_000);
        await using var system = await FaultySystem.StartAsync(fixture.Servers, nameof(FaultTests), workers: 2);
        for (var run = 0; run < runs; run++)
        {
            var plan = FaultPlan.Of(seed + run, faults: 2);
            TestContext.Current.TestOutputHelper?.WriteLine($"{plan}");

            var wrong = await system.RunAsync(plan);

            Assert.True(wrong.Count == 0, $"{plan}\n{string.Join('\n', wrong)}");
        }
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
