using System.Net;
using Orleans.Runtime;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Tests.Api;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

/// <summary>Which agents move to which silo.</summary>
public sealed class RebalanceAssignmentTests
{
    private static readonly SiloAddress s_one = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);
    private static readonly SiloAddress s_other = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 2), 1);

    [Theory]
    [InlineData(100, 0, false, 50)]
    [InlineData(100, 90, false, 0)]
    [InlineData(100, 100, false, 0)]
    [InlineData(100, 100, true, 25)]
    [InlineData(1, 0, false, 0)]
    [InlineData(0, 0, false, 0)]
    public void Agents_move_until_both_silos_have_about_the_same_to_do(int here, int there, bool isOverloaded, int moved)
    {
        var moves = AgentAssignment.Rebalance(
            [new CohortState(7, s_one.ToParsableString(), here)],
            [(s_one, new SiloLoad(here, here * 10, true, false, isOverloaded)), (s_other, new SiloLoad(there, there * 10, false, false))]);

        Assert.Equal(moved == 0 ? [] : [new CohortMove(7, s_other, moved)], moves);
    }

    [Fact]
    public void A_silo_that_was_not_asked_neither_gives_nor_gets_agents() =>
        Assert.Empty(AgentAssignment.Rebalance([new CohortState(7, s_one.ToParsableString(), 100)], [(s_other, new SiloLoad(0, 0, true, false))]));
}

/// <summary>Agents of a part that plays move to a silo that has joined.</summary>
[Trait("Length", "Long")]
public sealed class RebalanceTests(ApiFixture fixture)
{
    [Theory]
    [InlineData(RebalancePolicy.OnRequest)]
    [InlineData(RebalancePolicy.WhenUneven)]
    public async Task A_silo_that_joins_takes_agents_over_without_a_gap_or_a_message_lost_or_repeated(RebalancePolicy policy)
    {
        var settings = await fixture.NewSystemAsync();
        settings["Runs:Rebalance"] = policy.ToString();
        await using var first = await WorkerHost.StartAsync(settings);
        var scenario = new Scenario(first.Services);
        var turtle = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, turtle, ["/turtle1/cmd_vel"], agents: 60, repeats: 4, seconds: 600));
        await first.Execution(id).Start();
        await Wait.UntilAsync(() => AgentsOf(first) == 60, TimeSpan.FromSeconds(20), "one silo to play");

        await using var second = await WorkerHost.StartAsync(settings);
        await first.WaitForSilosAsync(2);
        if (policy == RebalancePolicy.OnRequest) Assert.Equal(RunStatus.Running, await first.Execution(id).Rebalance());
        // Half of them, or less when the machine is so busy that both silos say they cannot keep up.
        await Wait.UntilAsync(() => AgentsOf(second) >= 10 && AgentsOf(first) + AgentsOf(second) == 60, TimeSpan.FromSeconds(20), "two silos to share the agents");

        Assert.Equal(RunStatus.Completed, (await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60))).Status);
        var instances = await scenario.ReadInstancesAsync(id);
        Assert.Equal(60, instances.Count);
        Assert.Equal(2, instances.Select(instance => instance.Silo).Distinct().Count());
        Assert.All(instances, instance => Assert.Equal((RunStatus.Completed, 4 * 113L, 4), (instance.Status, instance.MessagesOut, instance.RepeatsCompleted)));
        Assert.Empty(Assert.Single((await scenario.ReadAsync(id)).Parts).Gaps);
    }

    private static int AgentsOf(WorkerHost silo) => silo.Get<ReplayEngine>().GetLoad().Agents;
}
