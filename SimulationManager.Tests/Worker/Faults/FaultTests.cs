namespace SimulationManager.Tests.Worker.Faults;

/// <summary>
/// The model-based fault test: another seed in each test run, shown when it fails. Many runs:
/// <c>dotnet run -c Release --project benchmarks/SimulationManager.Benchmarks -- faults</c>.
/// </summary>
[Collection(SurvivalCollection.Name)]
public sealed class FaultTests(OwnServers fixture)
{
    [Fact]
    public async Task Whatever_breaks_a_run_has_one_end_counts_nothing_twice_and_leaves_a_complete_history()
    {
        var plan = FaultPlan.Of(Random.Shared.Next(), faults: 2);
        await using var system = await FaultySystem.StartAsync(fixture.Servers, nameof(FaultTests), workers: 2);

        var wrong = await system.RunAsync(plan);

        Assert.True(wrong.Count == 0, $"{plan}\n{string.Join('\n', wrong)}");
    }
}
