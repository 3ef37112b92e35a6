using System.Globalization;

namespace SimulationManager.Tests.Worker.Faults;

/// <summary>
/// The model-based fault test. In a test run: one short run from another seed each time, which is shown when it fails. With
/// <c>FAULT_RUNS</c>: as many runs, three workers, three faults each, from the seed <c>FAULT_SEED</c> on.
/// </summary>
[Collection(SurvivalCollection.Name)]
public sealed class FaultTests(OwnServers fixture, ITestOutputHelper output)
{
    [Fact]
    public async Task Whatever_breaks_a_run_has_one_end_counts_nothing_twice_and_leaves_a_complete_history()
    {
        var runs = Setting("FAULT_RUNS");
        var first = Setting("FAULT_SEED") ?? Random.Shared.Next();
        await using var system = await FaultySystem.StartAsync(fixture.Servers, nameof(FaultTests), workers: runs is null ? 2 : 3, workersAtLeast: runs is null ? 1 : 3);
        List<string> broken = [];

        for (var seed = first; seed < first + (runs ?? 1); seed++)
        {
            var plan = FaultPlan.Of(seed, faults: runs is null ? 2 : 3);
            var wrong = await system.RunAsync(plan);
            output.WriteLine($"{plan}: {(wrong.Count == 0 ? "ok" : string.Join("; ", wrong))}");
            if (wrong.Count > 0) broken.Add($"{plan}\n  {string.Join("\n  ", wrong)}");
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;
}
