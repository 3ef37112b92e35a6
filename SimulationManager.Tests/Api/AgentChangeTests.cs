using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Ours: agents added to, and removed from, a step or group that plays.</summary>
public class AgentChangeTests(ApiFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    [Contract("ours/agents")]
    public async Task Agents_are_added_and_removed_and_the_status_the_pages_and_the_report_say_so()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template, agents: 2, repeats: 1000, time: 600), Plans.Group(template, agents: 1, repeats: 1000, time: 600)));
        var run = $"/api/simulation/{id}/execution/{await StartAsync(user, id)}";
        long[] groups = [.. (await GroupsAsync(user, id)).Select(group => (long)group!["groupId"]!)];

        var answer = (await user.PostAsync($"{run}/agents", new { groupId = groups[0], count = 3 })).Expect(HttpStatusCode.OK);
        (await user.PostAsync($"{run}/agents", new { groupId = groups[1], count = 1 })).Expect(HttpStatusCode.OK);
        await Wait.UntilAsync(async () => (await RowsAsync(user, run, "status=RUNNING")).Length == 7, Limit, "all agents to play");
        (await user.PostAsync($"{run}/agents", new { groupId = groups[0], count = -2 })).Expect(HttpStatusCode.OK);
        await Wait.UntilAsync(async () => (await RowsAsync(user, run, "status=STOPPED")).SequenceEqual([(5, 0, "STOPPED"), (6, 0, "STOPPED")]), Limit, "two agents to end");

        Assert.Equal(Sorted("simulationId", "executionId", "status"), FieldsOf(answer.Data));
        Assert.Equal("Agents were added or removed.", answer.Message);
        Assert.Equal([(4, 0, "RUNNING"), (5, 0, "STOPPED"), (6, 0, "STOPPED")], await RowsAsync(user, run, "page=2&size=3"));
        Assert.Equal([(4, 0, "RUNNING"), (7, 1, "RUNNING")], await RowsAsync(user, run, "status=RUNNING&page=2&size=3"));
        var (one, other) = ((await GroupsAsync(user, id))[0]!, (await GroupsAsync(user, id))[1]!);
        Assert.Equal((3, 2), ((int)one["autonomousAgents"]!, (int)other["autonomousAgents"]!));
        Assert.Equal(["""3 [{"first":4,"last":6}]""", """-2 [{"first":5,"last":6}]"""], Changes(one));
        Assert.Equal(["""1 [{"first":7,"last":7}]"""], Changes(other));
        (await user.PostAsync($"{run}/stop")).Expect(HttpStatusCode.OK);

        var report = (await user.GetAsync($"{run}/report")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(Changes(one), Changes(report["groups"]![0]!));
        Assert.Equal(7, report["instances"]!.AsArray().Count);
        Assert.Equal([3, 2], report["groups"]!.AsArray().Select(group => (int)group!["autonomousAgents"]!));
        // In the order of their numbers, whichever group they are of.
        Assert.Equal([(1, 0, "STOPPED"), (2, 0, "STOPPED"), (3, 1, "STOPPED"), (4, 0, "STOPPED")], await RowsAsync(user, run, "status=STOPPED&size=4"));
        Assert.Equal([(5, 0, "STOPPED"), (6, 0, "STOPPED"), (7, 1, "STOPPED")], await RowsAsync(user, run, "status=STOPPED&size=4&page=2"));
        var plan = (await user.GetAsync(run)).Expect(HttpStatusCode.OK).Data["execution"]!["executionPlan"]!["groups"]!.AsArray();
        Assert.Equal([2, 1], plan.Select(group => (int)group!["autonomousAgentCount"]!));

        async Task<(int, int, string)[]> RowsAsync(ApiClient client, string path, string query) =>
            [.. (await client.GetAsync($"{path}/instances?{query}")).Expect(HttpStatusCode.OK).Data["instances"]!.AsArray()
                .Select(agent => ((int)agent!["instanceId"]!, Array.IndexOf(groups, (long)agent["groupId"]!), (string)agent["status"]!))];
    }

    [Theory]
    [Contract("ours/agents")]
    [InlineData("""{}""", "count")]
    [InlineData("""{"count":0}""", "count")]
    [InlineData("""{"count":100001}""", "count")]
    [InlineData("""{"count":-100001}""", "count")]
    [InlineData("""{"count":1.5}""", "count")]
    [InlineData("""{"count":1,"stepOrder":0}""", "stepOrder")]
    [InlineData("""{"count":1,"groupId":0}""", "groupId")]
    [InlineData("""{"count":1,"groupId":1,"stepOrder":1}""", "groupId")]
    public async Task A_body_that_breaks_a_rule_is_400_and_its_field_is_named(string body, string field)
    {
        using var user = await fixture.UserAsync();

        Assert.Equal([field], (await user.PostAsync("/api/simulation/1/execution/1/agents", body)).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Contract("ours/agents", "status/409")]
    public async Task What_cannot_be_now_is_refused_and_both_languages_say_why()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(template, agents: 2, repeats: 1000, time: 600), Plans.Step(template, order: 2)));
        var run = $"/api/simulation/{id}/execution/{await StartAsync(user, id)}";

        await RefusedAsync(run, new { count = 1, stepOrder = 2 }, HttpStatusCode.Conflict, "Agents are added and removed only while their step or group plays, and it does not play now.");
        await RefusedAsync(run, new { count = 1, stepOrder = 3 }, HttpStatusCode.NotFound, "The simulation has no step 3.");
        await RefusedAsync(run, new { count = 1, groupId = 1 }, HttpStatusCode.NotFound, "The simulation has no group 1.");
        await RefusedAsync($"/api/simulation/{id}/execution/99999999", new { count = 1 }, HttpStatusCode.NotFound, "This simulation has no run 99999999.");
        await RefusedAsync(run, new { count = 99_999 }, HttpStatusCode.Conflict, "A step or group can have 100000 agents in a run, those that were removed included.");
        await RefusedAsync(run, new { count = -2, stepOrder = 1 }, HttpStatusCode.Conflict, "At least one agent that plays has to remain. To end all of them, stop the run.");
        user.Language = "ko";
        await RefusedAsync(run, new { count = -2 }, HttpStatusCode.Conflict, "실행 중인 에이전트가 하나 이상 남아야 합니다. 모두 종료하려면 실행을 중지하세요.");
        user.Language = null;
        (await user.PostAsync($"{run}/pause")).Expect(HttpStatusCode.OK);
        (await user.PostAsync($"{run}/agents", new { count = 1, stepOrder = 1 })).Expect(HttpStatusCode.OK);
        (await user.PostAsync($"{run}/stop")).Expect(HttpStatusCode.OK);
        await RefusedAsync(run, new { count = 1 }, HttpStatusCode.Conflict, "The run has already ended: STOPPED.");

        async Task RefusedAsync(string path, object body, HttpStatusCode status, string message) =>
            Assert.Equal(message, (await user.PostAsync($"{path}/agents", body)).Expect(status).Message);
    }

    [Fact]
    [Contract("ours/agents")]
    public async Task Of_several_groups_that_play_one_has_to_be_named()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template, repeats: 1000, time: 600), Plans.Group(template, repeats: 1000, time: 600)));
        var run = $"/api/simulation/{id}/execution/{await StartAsync(user, id)}";

        Assert.Equal("Several groups play. Say which with groupId.", (await user.PostAsync($"{run}/agents", new { count = 1 })).Expect(HttpStatusCode.Conflict).Message);
        (await user.PostAsync($"{run}/stop")).Expect(HttpStatusCode.OK);
    }

    /// <summary>Starts a run and waits until what is to play first plays.</summary>
    private static async Task<long> StartAsync(ApiClient user, long id)
    {
        var execution = await ExecutionTests.StartAsync(user, id);
        await Wait.UntilAsync(
            async () =>
            {
                var current = (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;
                return current["groupDetails"] is { } groups
                    ? groups.AsArray().All(group => (string)group!["status"]! == "RUNNING")
                    : (string)current["stepDetails"]![0]!["status"]! == "RUNNING";
            },
            Limit,
            "the run to play");
        return execution;
    }

    private static async Task<JsonArray> GroupsAsync(ApiClient user, long id) =>
        (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!["groupDetails"]!.AsArray();

    private static IEnumerable<string> Changes(JsonNode group) =>
        group["agentChanges"]!.AsArray().Select(change => $"{(int)change!["count"]!} {change["agents"]!.ToJsonString()}");
}
