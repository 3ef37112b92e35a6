using System.Globalization;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Tests.Api;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

/// <summary>Several silos, each a whole worker, share what there is to play.</summary>
[Trait("Length", "Long")]
public sealed class ScaleOutTests(ApiFixture fixture)
{
    private const string TurtleTopic = "/turtle1/cmd_vel";

    [Fact]
    public async Task Three_silos_share_agents_evenly_and_one_that_joins_takes_its_part_of_the_next_step()
    {
        var settings = await fixture.NewSystemAsync();
        // A busy machine must not be helped before the next step.
        settings["Runs:Rebalance"] = nameof(RebalancePolicy.OnRequest);
        await using var first = await WorkerHost.StartAsync(settings);
        await using var second = await WorkerHost.StartAsync(settings);
        await first.WaitForSilosAsync(2);
        var scenario = new Scenario(first.Services);
        var turtle = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await scenario.CreateExecutionAsync(
            PatternType.Sequential,
            Scenario.Part(1, turtle, [TurtleTopic], agents: 150, repeats: 1000, seconds: 12),
            Scenario.Part(2, turtle, [TurtleTopic], agents: 150, repeats: 1000, seconds: 600));
        await first.Execution(id).Start();
        await Wait.UntilAsync(() => AgentsOf(first, second) is [75, 75], TimeSpan.FromSeconds(20), "two silos to share the first step");

        // The first step waits for as long as the third silo takes to start.
        await first.Execution(id).Pause();
        await using var third = await WorkerHost.StartAsync(settings);
        await first.WaitForSilosAsync(3);
        Assert.Equal([75, 75, 0], AgentsOf(first, second, third));
        await first.Execution(id).Resume();
        await Wait.UntilAsync(() => AgentsOf(first, second, third) is [50, 50, 50], TimeSpan.FromSeconds(40), "three silos to share the second step");
        await first.Execution(id).Stop();

        var instances = await scenario.ReadInstancesAsync(id);
        Assert.Equal([2, 3], instances.GroupBy(instance => instance.PartNumber).OrderBy(part => part.Key).Select(part => part.Select(instance => instance.Silo).Distinct().Count()));
        Assert.Equal(300, instances.Count);
    }

    /// <summary>What silos are scaled by. In a process of its own: workers of other tests would count as well.</summary>
    [Fact]
    public async Task Metrics_tell_the_agents_of_a_silo_and_the_messages_per_second_that_are_planned_for_them()
    {
        var settings = await fixture.NewSystemAsync();
        await using var reader = await WorkerHost.BuildAsync(settings);
        await using var worker = await WorkerProcess.StartAsync(settings);
        using var client = new HttpClient { BaseAddress = worker.Address };
        var scenario = new Scenario(reader.Services);
        var turtle = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, turtle, [TurtleTopic], agents: 10, repeats: 1000, seconds: 8));

        string[] metrics = [];
        await Wait.UntilAsync(async () => ValueOf("simulation_replay_agents", metrics = await ReadAsync()) == 10, TimeSpan.FromSeconds(60), "ten agents in the metrics");

        // 113 messages in 7.65 s, ten times.
        Assert.InRange(ValueOf("simulation_replay_planned_rate", metrics), 140, 155);
        await Wait.UntilAsync(async () => ValueOf("simulation_replay_planned_rate", await ReadAsync()) == 0, TimeSpan.FromSeconds(60), "nothing to be planned any more");

        async Task<string[]> ReadAsync() => (await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken)).Split('\n');
    }

    private static double ValueOf(string metric, string[] lines) =>
        double.Parse(lines.Single(line => line.StartsWith($"{metric}{{", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    private static int[] AgentsOf(params WorkerHost[] silos) => [.. silos.Select(silo => silo.Get<ReplayEngine>().GetLoad().Agents)];
}
