using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Ours: playback options and commands.</summary>
public class PlaybackTests(ApiFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    [Contract("ours/playback-options")]
    public async Task Playback_options_are_stored_with_the_step_and_frozen_into_the_run()
    {
        using var user = await fixture.UserAsync();
        var playback = new
        {
            rate = 2.5, topics = new[] { "/turtle1/cmd_vel" }, excludeTopics = new[] { "/rosout" }, remap = new Dictionary<string, string> { ["/turtle1/cmd_vel"] = "/cmd_vel" },
            startOffset = 1.5, playbackDuration = 3.0, loop = true, regex = "/turtle1/.*", excludeRegex = ".*_private",
            playbackUntil = 1_700_000_000_123_456_789, delay = 0.25, messageOrder = "sent", clock = true, clockFrequency = 100.5, repeatLatched = false,
        };
        var template = await TestBundle.UploadAsync(user);
        var step = new { stepOrder = 1, templateId = template, autonomousAgentCount = 1, executionTime = 1, repeatCount = 1, playback };
        var (id, execution) = await ExecutionTests.RunAsync(user, Plans.Sequential(Plans.NewName(), step));

        var stored = (await user.GetAsync($"/api/simulation/{id}")).Data["executionPlan"]!["steps"]![0]!["playback"]!;
        var frozen = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}")).Data["execution"]!["executionPlan"]!["steps"]![0]!["playback"]!;

        foreach (var (option, value) in JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(playback))!.AsObject())
            Assert.Equal((option, value!.ToJsonString()), (option, stored[option]?.ToJsonString()));
        Assert.Equal(stored.ToJsonString(), frozen.ToJsonString());
    }

    [Theory]
    [Contract("ours/playback-options")]
    [InlineData("rate", "0")]
    [InlineData("rate", "100.5")]
    [InlineData("startOffset", "-1")]
    [InlineData("playbackDuration", "0")]
    [InlineData("topics", "[\" \"]")]
    [InlineData("remap", "{\"/a\":\"\"}")]
    [InlineData("playbackUntil", "-1")]
    [InlineData("delay", "86401")]
    [InlineData("messageOrder", "\"stored\"")]
    [InlineData("clockFrequency", "40")]
    [InlineData("clockTopics", "[\"\"]")]
    [InlineData("regex", "\"\"")]
    [InlineData("regex", "\"a)|(b\"")]
    [InlineData("excludeRegex", "\"(?=a)\"")]
    public async Task Playback_options_that_break_a_rule_are_400_and_named(string field, string value)
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var plan = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(Plans.Parallel(Plans.NewName(), Plans.Group(template))))!;
        plan["pattern"]!["groups"]![0]!["playback"] = new JsonObject { [field] = JsonNode.Parse(value) };

        Assert.Equal([$"pattern.groups[0].playback.{field}"], (await user.PostAsync("/api/simulation", plan.ToJsonString())).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Theory]
    [InlineData("""{ "clock": true, "clockTopics": ["/a"] }""", "clockTopics")]
    [InlineData("""{ "clock": true, "clockTopicsAll": true }""", "clockTopicsAll")]
    [InlineData("""{ "clockTopics": ["/a"], "clockTopicsAll": true }""", "clockTopicsAll")]
    public async Task Clocks_that_exclude_each_other_are_400(string playback, string field)
    {
        using var user = await fixture.UserAsync();
        var plan = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(Plans.Parallel(Plans.NewName(), Plans.Group(template: 1))))!;
        plan["pattern"]!["groups"]![0]!["playback"] = JsonNode.Parse(playback);

        Assert.Equal([$"pattern.groups[0].playback.{field}"], (await user.PostAsync("/api/simulation", plan.ToJsonString())).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Contract("ours/playback-commands", "executions/message-korean")]
    public async Task A_run_is_paused_resumed_moved_and_sped_up_and_says_so_in_both_languages()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), repeats: 1000, time: 600)));
        var run = $"/api/simulation/{id}/execution/{await ExecutionTests.StartAsync(user, id)}";
        await UntilMessageAsync("1 of 1 groups are running, 0 completed.");

        var paused = (await user.PostAsync($"{run}/pause")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(JsonShape.Sorted("simulationId", "executionId", "status"), JsonShape.FieldsOf(paused));
        await UntilMessageAsync("Paused.");
        await UntilPlaybackAsync("""{"paused":true,"agents":2,"agentsReached":2}""");
        user.Language = "ko";
        await UntilMessageAsync("일시 정지되었습니다.");
        user.Language = null;
        (await user.PostAsync($"{run}/resume")).Expect(HttpStatusCode.OK);
        await UntilMessageAsync("1 of 1 groups are running, 0 completed.");
        (await user.PostAsync($"{run}/seek", new { position = 2.5 })).Expect(HttpStatusCode.OK);
        (await user.PostAsync($"{run}/rate", new { rate = 4 })).Expect(HttpStatusCode.OK);
        await UntilPlaybackAsync("""{"paused":false,"rate":4,"position":2.5,"agents":2,"agentsReached":2}""");
        (await user.PostAsync($"{run}/rebalance")).Expect(HttpStatusCode.OK);
        (await user.PostAsync($"{run}/seek", new { position = -1 })).Expect(HttpStatusCode.BadRequest);
        (await user.PostAsync($"{run}/rate", new { rate = 0 })).Expect(HttpStatusCode.BadRequest);
        (await user.PostAsync($"{run}/stop")).Expect(HttpStatusCode.OK);

        Assert.Null((await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!["playback"]);
        (await user.PostAsync($"{run}/pause")).Expect(HttpStatusCode.Conflict);
        (await user.PostAsync($"/api/simulation/{id}/execution/99999999/pause")).Expect(HttpStatusCode.NotFound);

        Task UntilPlaybackAsync(string playback) => Wait.UntilAsync(
            async () => (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!["playback"]!.ToJsonString() == playback, Limit, playback);

        Task UntilMessageAsync(string message) => Wait.UntilAsync(
            // That the machine is busy is said after it.
            async () => ((string)(await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!["message"]!).StartsWith(message, StringComparison.Ordinal), Limit, message);
    }
}
