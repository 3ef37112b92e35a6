using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Worker;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Ours: faults injected into a run that goes on, and taken away.</summary>
public class InjectedFaultTests(ApiFixture fixture)
{
    private const int Agents = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly object s_loseAll = new { kind = "drop", rate = 1.0 };

    [Fact]
    [Contract("ours/faults")]
    public async Task What_arrives_is_what_injected_faults_leave_and_the_same_seed_chooses_the_same_agents()
    {
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0");
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1);
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        object Plan() => Plans.Parallel(Plans.NewName(), new
        {
            templateId = template, autonomousAgentCount = Agents, executionTime = 600, repeatCount = 1000, output = new { endpoints = new[] { broker.Address("qos=1") } }, fleet = new { seed = 5 },
        });

        var first = await PlayAsync(Plan());
        var second = await PlayAsync(Plan());

        Assert.Equal(3, first.Length);
        Assert.Equal(first, second);

        // The agents, of which three lose all while that is injected.
        async Task<long[]> PlayAsync(object plan)
        {
            var id = await Plans.CreateAsync(user, plan);
            var run = $"/api/simulation/{id}/execution/{await ExecutionTests.StartAsync(user, id)}";
            // While it is paused, nothing goes out but what is let go.
            (await user.PostAsync($"{run}/pause")).Expect(HttpStatusCode.OK);
            (await user.PostAsync($"{run}/seek", new { position = 0 })).Expect(HttpStatusCode.OK);
            await UntilReachedAsync(user, id, Agents);
            var before = (long)(await PartAsync(user, run))["messagesOut"]!;

            (await user.PutAsync($"{run}/faults", new { faults = new[] { s_loseAll } })).Expect(HttpStatusCode.OK);
            await ReleaseAsync(5, before, lost: 5 * Agents);
            (await user.PutAsync($"{run}/faults", new { faults = Array.Empty<object>() })).Expect(HttpStatusCode.OK);
            await ReleaseAsync(5, before + (5 * Agents), lost: 5 * Agents);
            Assert.Null((await PlaybackAsync(user, id))["injectedFaults"]);
            (await user.PutAsync($"{run}/faults", new { faults = new object[] { new { kind = "drop", rate = 1.0, share = 0.3 }, new { kind = "duplicate", rate = 1.0 } } })).Expect(HttpStatusCode.OK);
            await ReleaseAsync(5, before + (10 * Agents), lost: (5 * Agents) + 15);
            var status = (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;
            Assert.Equal(
                """[{"kind":"drop","share":0.3,"rate":1},{"kind":"duplicate","rate":1}]""", Assert.Single(status["playback"]!["injectedFaults"]!.AsArray())!["faults"]!.ToJsonString());
            Assert.Equal((long)status["groupDetails"]![0]!["groupId"]!, (long)status["playback"]!["injectedFaults"]![0]!["groupId"]!);
            (await user.PostAsync($"{run}/stop")).Expect(HttpStatusCode.OK);

            var report = (await user.GetAsync($"{run}/report?pageSize=100")).Expect(HttpStatusCode.OK).Data;
            Assert.Equal("""{"drop":65,"duplicate":35}""", report["groups"]![0]!["faults"]!.ToJsonString());
            return [.. report["instances"]!.AsArray().Where(agent => (long)agent!["faults"]!["drop"]! == 10).Select(agent => (long)agent!["instanceId"]!)];

            async Task ReleaseAsync(int messages, long from, long lost)
            {
                await UntilReachedAsync(user, id, Agents);
                (await user.PostAsync($"{run}/burst", new { messages })).Expect(HttpStatusCode.OK);
                await Wait.UntilAsync(
                    async () => await PartAsync(user, run) is var part && (long)part["messagesOut"]! == from + (messages * Agents) && Of(part["faults"], "drop") == lost, Limit, $"{lost} messages to be lost");
                var part = await PartAsync(user, run);
                var arrives = (long)part["messagesOut"]! - Of(part["faults"], "drop") + Of(part["faults"], "duplicate");
                await Wait.UntilAsync(async () => (long)(await PartAsync(user, run))["endpoints"]![0]!["out"]! == arrives, Limit, "the others to be handed over");
                await subscriber.UntilAsync(seen => seen.Count(message => message.Topic.StartsWith($"fleet/{id}/", StringComparison.Ordinal)) == arrives, "what the faults left");
            }
        }
    }

    [Fact]
    [Contract("ours/faults")]
    public async Task Parts_are_named_one_by_one_or_all_are_meant_and_steps_to_come_too()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(template, repeats: 1000, time: 3), Plans.Step(template, order: 2, repeats: 1000, time: 600)));
        var run = $"/api/simulation/{id}/execution/{await ExecutionTests.StartAsync(user, id)}";

        var answer = (await user.PutAsync($"{run}/faults", new { faults = new[] { s_loseAll } })).Expect(HttpStatusCode.OK);
        Assert.Equal("The injected faults were changed.", answer.Message);
        Assert.Equal(Sorted("simulationId", "executionId", "status"), FieldsOf(answer.Data));
        (await user.PutAsync($"{run}/faults", new { stepOrder = 2, faults = new object[] { new { kind = "freeze", @for = 1000.0 }, s_loseAll } })).Expect(HttpStatusCode.OK);
        Assert.Equal("1 drop; 2 freeze drop", Shown(await PlaybackAsync(user, id)));
        await Wait.UntilAsync(
            async () => (await user.GetAsync($"/api/simulation/{id}/status")).Data["currentStatus"]!["stepDetails"]!.AsArray() is var steps && (string)steps[0]!["status"]! == "COMPLETED" && Of(steps[1]!["faults"], "freeze") > 0,
            Limit,
            "the second step to meet what was injected before it began");

        Assert.Equal("2 freeze drop", Shown(await PlaybackAsync(user, id)));
        Assert.Equal(
            "The step or group has ended. Faults are injected into those that play or are still to come.",
            (await user.PutAsync($"{run}/faults", new { stepOrder = 1, faults = Array.Empty<object>() })).Expect(HttpStatusCode.Conflict).Message);
        user.Language = "ko";
        Assert.StartsWith("해당 단계 또는 그룹은 이미 종료되었습니다.", (await user.PutAsync($"{run}/faults", new { stepOrder = 1, faults = new[] { s_loseAll } })).Expect(HttpStatusCode.Conflict).Message, StringComparison.Ordinal);
        user.Language = null;
        Assert.Equal("The simulation has no step 3.", (await user.PutAsync($"{run}/faults", new { stepOrder = 3, faults = new[] { s_loseAll } })).Expect(HttpStatusCode.NotFound).Message);
        (await user.PutAsync($"{run}/faults", new { groupId = 1, faults = new[] { s_loseAll } })).Expect(HttpStatusCode.NotFound);
        (await user.PutAsync($"/api/simulation/{id}/execution/99999999/faults", new { faults = new[] { s_loseAll } })).Expect(HttpStatusCode.NotFound);
        (await user.PostAsync($"{run}/stop")).Expect(HttpStatusCode.OK);
        Assert.Equal("The run has already ended: STOPPED.", (await user.PutAsync($"{run}/faults", new { faults = new[] { s_loseAll } })).Expect(HttpStatusCode.Conflict).Message);
    }

    [Theory]
    [InlineData("""{}""", "faults")]
    [InlineData("""{"faults":null}""", "faults")]
    [InlineData("""{"faults":[],"stepOrder":0}""", "stepOrder")]
    [InlineData("""{"faults":[],"stepOrder":1,"groupId":1}""", "groupId")]
    [InlineData("""{"faults":[{"kind":"explode","rate":1}]}""", "faults[0].kind")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1},{"kind":"drop"}]}""", "faults[1].rate")]
    [InlineData("""{"faults":[{"kind":"freeze","for":1,"every":1}]}""", "faults[0].every")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1,"share":0.5,"first":1}]}""", "faults[0].share")]
    [Contract("ours/faults")]
    public async Task A_body_that_breaks_a_rule_is_400_and_its_field_is_named(string body, string field)
    {
        using var user = await fixture.UserAsync();

        Assert.Equal([field], (await user.PutAsync("/api/simulation/1/execution/1/faults", JsonNode.Parse(body)!)).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Contract("ours/faults")]
    public async Task More_than_a_plan_may_have_are_refused()
    {
        using var user = await fixture.UserAsync();

        var refused = await user.PutAsync("/api/simulation/1/execution/1/faults", new { faults = Enumerable.Repeat(s_loseAll, 17) });

        Assert.Equal(["faults"], refused.Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Trait("Length", "Long")]
    [Contract("ours/faults")]
    public async Task Agents_whose_worker_is_killed_and_those_that_are_added_later_meet_what_is_injected()
    {
        const int agents = 60;
        await using var system = await TwoWorkers.StartAsync(fixture);
        var user = system.User;
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), agents, repeats: 1000, time: 600)));
        var run = $"/api/simulation/{id}/execution/{await ExecutionTests.StartAsync(user, id)}";
        await Wait.UntilAsync(
            async () => (await user.GetAsync($"{run}/instances?size=100&status=RUNNING")).Data["instances"]!.AsArray() is var rows && rows.Count == agents && rows.Select(agent => (string)agent!["silo"]!).Distinct().Count() == 2,
            Limit,
            "agents of both workers to play");

        (await user.PutAsync($"{run}/faults", new { faults = new object[] { new { kind = "duplicate", rate = 1.0 }, s_loseAll } })).Expect(HttpStatusCode.OK);
        await UntilReachedAsync(user, id, agents);
        await system.Victim.KillAsync();
        await Wait.UntilAsync(async () => (await PartAsync(user, run))["gaps"]!.AsArray().Count > 0, Limit, "agents to be taken over");
        // Those that were taken over begin where their checkpoint was: until they and the others are past what was shown before, that is shown.
        var shown = await MessagesOutAsync();
        await Wait.UntilAsync(async () => await MessagesOutAsync() > shown, Limit, "agents to play on");
        (await user.PostAsync($"{run}/agents", new { count = 3 })).Expect(HttpStatusCode.OK);
        (await user.PostAsync($"{run}/pause")).Expect(HttpStatusCode.OK);
        (await user.PostAsync($"{run}/seek", new { position = 0 })).Expect(HttpStatusCode.OK);
        await UntilReachedAsync(user, id, agents + 3);
        var before = await PartAsync(user, run);
        (await user.PostAsync($"{run}/burst", new { messages = 4 })).Expect(HttpStatusCode.OK);
        await Wait.UntilAsync(async () => await MessagesOutAsync() == (long)before["messagesOut"]! + (4 * (agents + 3)), Limit, "all agents to put out four messages");

        Assert.Equal(4 * (agents + 3), Of((await PartAsync(user, run))["faults"], "drop") - Of(before["faults"], "drop"));
        Assert.EndsWith(" duplicate drop", Shown(await PlaybackAsync(user, id)), StringComparison.Ordinal);
        (await user.PostAsync($"{run}/stop")).Expect(HttpStatusCode.OK);

        async Task<long> MessagesOutAsync() => (long)(await PartAsync(user, run))["messagesOut"]!;
    }

    private static Task UntilReachedAsync(ApiClient user, long id, int agents) => Wait.UntilAsync(
        async () => await PlaybackAsync(user, id) is var playback && (int?)playback["agents"] == agents && (int?)playback["agentsReached"] == agents, Limit, "all agents to follow");

    private static async Task<JsonNode> PlaybackAsync(ApiClient user, long id) => (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!["playback"]!;

    private static async Task<JsonNode> PartAsync(ApiClient user, string run) => (await user.GetAsync($"{run}/report")).Expect(HttpStatusCode.OK).Data["groups"]![0]!;

    private static string Shown(JsonNode playback) => string.Join("; ", playback["injectedFaults"]!.AsArray().Select(part =>
        $"{part!["stepOrder"] ?? part["groupId"]} {string.Join(' ', part["faults"]!.AsArray().Select(fault => (string)fault!["kind"]!))}"));

    private static long Of(JsonNode? faults, string kind) => (long?)faults?[kind] ?? 0;
}
