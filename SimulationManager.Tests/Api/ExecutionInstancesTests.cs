using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Ours: the agents of a run, page by page, while it goes on and afterwards.</summary>
public class ExecutionInstancesTests(ApiFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    [Contract("ours/instances")]
    public async Task A_playing_agent_shows_its_silo_position_repeat_counts_and_lateness_and_goes_on()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var run = await StartAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(template, agents: 3, repeats: 1000, time: 600), Plans.Step(template, order: 2, agents: 2)));
        await UntilLiveAsync(user, run, agents: 3);

        var first = await PageAsync(user, run, "page=1&size=2");
        var agent = first["instances"]![0]!;
        var second = await PageAsync(user, run, "page=2&size=2");
        await Wait.UntilAsync(
            async () => (await PageAsync(user, run, "page=1&size=2"))["instances"]![0] is { } later && (long)later["messagesOut"]! > (long)agent["messagesOut"]!, Patience, "the agent to go on");

        Assert.Equal(
            Sorted("instanceId", "podName", "stepOrder", "status", "silo", "positionNanoseconds", "positionPercent", "progress", "currentRepeat", "totalRepeats",
                "messagesOut", "messagesDropped", "latenessP50", "latenessP99"),
            FieldsOf(agent));
        Assert.Equal(("RUNNING", 1L, 1000), ((string)agent["status"]!, (long)agent["stepOrder"]!, (int)agent["totalRepeats"]!));
        Assert.InRange((long)agent["positionNanoseconds"]!, 1, 7_660_000_000);
        Assert.InRange((double)agent["positionPercent"]!, 0, 100);
        Assert.True((long)agent["latenessP99"]! >= (long)agent["latenessP50"]!);
        Assert.Equal("""{"currentPage":1,"pageSize":2,"totalItems":5,"totalPages":3,"hasNext":true,"hasPrevious":false}""", first["pagination"]!.ToJsonString());
        Assert.Equal([(3, "RUNNING"), (4, "PENDING")], Rows(second));
        Assert.Equal([(4, "PENDING"), (5, "PENDING")], Rows(await PageAsync(user, run, "status=PENDING")));
        Assert.Equal([(3, "RUNNING")], Rows(await PageAsync(user, run, "status=RUNNING&page=2&size=2")));
        Assert.Empty(Rows(await PageAsync(user, run, "page=9")));
        Assert.Empty(Rows(await PageAsync(user, run, "status=FAILED")));
        await StopAsync(user, run);
        Assert.Equal([(1, "STOPPED"), (2, "STOPPED"), (3, "STOPPED")], Rows(await PageAsync(user, run, "status=STOPPED")));
        Assert.Equal([(3, "STOPPED"), (4, "PENDING")], Rows(await PageAsync(user, run, "page=2&size=2")));
    }

    [Fact]
    [Contract("ours/instances")]
    public async Task Ended_and_playing_groups_share_pages_and_counts()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var run = await StartAsync(
            user, Plans.Parallel(Plans.NewName(), Plans.Group(template, agents: 3, repeats: 1000, time: 1), Plans.Group(template, agents: 2, repeats: 1000, time: 600)));
        await Wait.UntilAsync(async () => Rows(await PageAsync(user, run, "status=COMPLETED")).Length == 3, Patience, "the first group to end");
        await UntilLiveAsync(user, run, agents: 2);

        var all = await PageAsync(user, run, "size=100");
        Assert.Equal([(1, "COMPLETED"), (2, "COMPLETED"), (3, "COMPLETED"), (4, "RUNNING"), (5, "RUNNING")], Rows(all));
        // Completed by the time limit, after some of their repeats.
        Assert.All(all["instances"]!.AsArray().Take(3), agent => Assert.Equal(100, (double)agent!["progress"]!));
        Assert.Equal([(3, "COMPLETED"), (4, "RUNNING")], Rows(await PageAsync(user, run, "page=2&size=2")));
        Assert.Equal([(3, "COMPLETED")], Rows(await PageAsync(user, run, "page=2&size=2&status=COMPLETED")));
        var running = await PageAsync(user, run, "status=RUNNING&size=1&page=2");
        Assert.Equal([(5, "RUNNING")], Rows(running));
        Assert.Equal(2, (int)running["pagination"]!["totalItems"]!);
        await StopAsync(user, run);
    }

    [Theory]
    [Contract("ours/instances")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Progress_does_not_go_back_when_a_run_is_stopped(bool loop)
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var run = await StartAsync(user, Plans.Sequential(
            Plans.NewName(), new { stepOrder = 1, templateId = template, autonomousAgentCount = 2, executionTime = 60, repeatCount = 2, playback = new { loop } }));
        double[] before = [];
        await Wait.UntilAsync(async () => (before = await ProgressAsync(user, run, "RUNNING")) is [> 5, > 5, > 5, > 5], Patience, "the agents to have played a while");

        await StopAsync(user, run);

        var after = await ProgressAsync(user, run, "STOPPED");
        Assert.Equal(before.Length, after.Length);
        Assert.All(after.Zip(before), one => Assert.InRange(one.First, one.Second, 99.9));
    }

    /// <summary>Progress of the run, of its only step and of its agents.</summary>
    private static async Task<double[]> ProgressAsync(ApiClient user, (long Simulation, long Execution) run, string status)
    {
        var agents = (await PageAsync(user, run, $"status={status}"))["instances"]!.AsArray();
        var current = (await user.GetAsync($"/api/simulation/{run.Simulation}/execution/{run.Execution}")).Expect(HttpStatusCode.OK).Data["execution"]!["currentStatus"]!;
        return [(double)current["progress"]!["overallProgress"]!, (double)current["stepDetails"]![0]!["progress"]!, .. agents.Select(agent => (double)agent!["progress"]!)];
    }

    private static async Task<(long Simulation, long Execution)> StartAsync(ApiClient user, object plan)
    {
        var simulation = await Plans.CreateAsync(user, plan);
        return (simulation, await ExecutionTests.StartAsync(user, simulation));
    }

    private static Task UntilLiveAsync(ApiClient user, (long, long) run, int agents) => Wait.UntilAsync(
        async () => (await PageAsync(user, run, "status=RUNNING"))["instances"]!.AsArray().Count(agent => agent!["silo"] is not null && (long)agent["messagesOut"]! > 0) == agents,
        Patience, "the agents' live state");

    private static async Task<JsonNode> PageAsync(ApiClient user, (long Simulation, long Execution) run, string query) =>
        (await user.GetAsync($"/api/simulation/{run.Simulation}/execution/{run.Execution}/instances?{query}")).Expect(HttpStatusCode.OK).Data;

    private static async Task StopAsync(ApiClient user, (long Simulation, long Execution) run) =>
        (await user.PostAsync($"/api/simulation/{run.Simulation}/execution/{run.Execution}/stop")).Expect(HttpStatusCode.OK);

    private static (int Id, string Status)[] Rows(JsonNode page) =>
        [.. page["instances"]!.AsArray().Select(agent => ((int)agent!["instanceId"]!, (string)agent["status"]!))];
}
