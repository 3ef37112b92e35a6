using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>A plan says how the agents of a fleet differ, and the report what came of it.</summary>
public class FleetPlanTests(ApiFixture fixture)
{
    private const int Messages = 113;
    private const int Agents = 20;

    [Fact]
    [Contract("ours/fleet")]
    public async Task Run_is_heard_as_its_faults_left_it_and_is_the_same_again()
    {
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0");
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1);
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var fleet = new
        {
            seed = 5,
            ramp = new { seconds = 0.4, steps = 4 },
            stagger = new { within = 2.0 },
            jitter = 20.0,
            faults = new object[]
            {
                new { kind = "drop", share = 0.5, rate = 0.2, topics = new[] { "/turtle1/cmd_vel" } },
                new { kind = "duplicate", rate = 0.1 },
                new { kind = "freeze", first = 3, last = 4, at = 1.0, @for = 0.5 },
            },
        };
        var plan = Plan(template, JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(fleet)), new { endpoints = new[] { broker.Address("qos=1") } });

        var (id, execution) = await ExecutionTests.RunAsync(user, plan);
        var report = await ReportAsync(user, id, execution);
        var (otherId, otherExecution) = await ExecutionTests.RunAsync(user, plan with { simulationName = Plans.NewName() });
        var other = await ReportAsync(user, otherId, otherExecution);

        var part = report["groups"]![0]!;
        var faults = part["faults"]!;
        var (planned, played) = ((long)part["messagesPlanned"]!, (long)part["messagesOut"]!);
        Assert.Equal(planned, played);
        Assert.InRange(played, (long)(0.5 * Agents * Messages), (Agents * Messages) - 1);
        var expected = played - Of(faults, "drop") - Of(faults, "freeze") + Of(faults, "duplicate");
        await subscriber.UntilAsync(messages => messages.Count(message => message.Topic.StartsWith($"fleet/{id}/", StringComparison.Ordinal)) == expected, "what the faults left");
        Assert.Equal(expected, (long)part["endpoints"]![0]!["out"]!);
        Assert.All(["drop", "duplicate", "freeze"], kind => Assert.True(Of(faults, kind) > 0, kind));
        Assert.Equal(["drop", "duplicate", "freeze"], faults.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.Equal(Of(faults, "drop"), report["instances"]!.AsArray().Sum(agent => Of(agent!["faults"], "drop")));
        Assert.Equal([3L, 4], report["instances"]!.AsArray().Where(agent => Of(agent!["faults"], "freeze") > 0).Select(agent => (long)agent!["instanceId"]!));
        Assert.Equal(faults.ToJsonString(), other["groups"]![0]!["faults"]!.ToJsonString());
        Assert.Equal(played, (long)other["groups"]![0]!["messagesOut"]!);
        var status = (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;
        Assert.Equal(faults.ToJsonString(), status["groupDetails"]![0]!["faults"]!.ToJsonString());
        var detail = (await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data["executionPlan"]!["groups"]![0]!["fleet"]!;
        Assert.Equal((5L, 4, "freeze"), ((long)detail["seed"]!, (int)detail["ramp"]!["steps"]!, (string)detail["faults"]![2]!["kind"]!));
    }

    [Theory]
    [InlineData("""{"ramp":{}}""", "fleet.ramp.seconds")]
    [InlineData("""{"ramp":{"seconds":1,"steps":1}}""", "fleet.ramp.steps")]
    [InlineData("""{"stagger":{"within":0}}""", "fleet.stagger.within")]
    [InlineData("""{"jitter":10001}""", "fleet.jitter")]
    [InlineData("""{"faults":[{"kind":"explode","rate":1}]}""", "fleet.faults[0].kind")]
    [InlineData("""{"faults":[{"kind":"drop"}]}""", "fleet.faults[0].rate")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1},{"kind":"drop","rate":1.1}]}""", "fleet.faults[1].rate")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1,"for":1}]}""", "fleet.faults[0].for")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1,"at":1}]}""", "fleet.faults[0].at")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1,"delay":1}]}""", "fleet.faults[0].delay")]
    [InlineData("""{"faults":[{"kind":"delay","rate":1}]}""", "fleet.faults[0].delay")]
    [InlineData("""{"faults":[{"kind":"delay","rate":1,"delay":61}]}""", "fleet.faults[0].delay")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1,"share":0.5,"first":1}]}""", "fleet.faults[0].share")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1,"share":2}]}""", "fleet.faults[0].share")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1,"first":3,"last":2}]}""", "fleet.faults[0].last")]
    [InlineData("""{"faults":[{"kind":"drop","rate":1,"topics":[""]}]}""", "fleet.faults[0].topics")]
    [InlineData("""{"faults":[{"kind":"freeze"}]}""", "fleet.faults[0].for")]
    [InlineData("""{"faults":[{"kind":"freeze","for":1,"rate":0.5}]}""", "fleet.faults[0].rate")]
    [InlineData("""{"faults":[{"kind":"freeze","for":1,"every":1}]}""", "fleet.faults[0].every")]
    [InlineData("""{"faults":[{"kind":"disconnect","for":1,"topics":["/a"]}]}""", "fleet.faults[0].topics")]
    [Contract("ours/fleet")]
    public async Task What_cannot_be_meant_is_refused_by_name(string fleet, string field)
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);

        var refused = (await user.PostAsync("/api/simulation", Plan(template, JsonNode.Parse(fleet), output: null))).Expect(HttpStatusCode.BadRequest);

        Assert.Contains(field, refused.Text, StringComparison.Ordinal);
    }

    private static long Of(JsonNode? faults, string kind) => (long?)faults?[kind] ?? 0;

    private static FleetPlanBody Plan(long template, JsonNode? fleet, object? output) => new(Plans.NewName(), "", "parallel", "", new
    {
        groups = new[] { new { templateId = template, autonomousAgentCount = Agents, executionTime = 60, repeatCount = 1, playback = new { rate = 10 }, output, fleet } },
    });

    private static async Task<JsonNode> ReportAsync(ApiClient client, long simulation, long execution) =>
        (await client.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report?pageSize=100")).Expect(HttpStatusCode.OK).Data;

#pragma warning disable SA1300, IDE1006 // The names on the wire.
    private sealed record FleetPlanBody(string simulationName, string simulationDescription, string patternType, string mecId, object pattern);
#pragma warning restore SA1300, IDE1006
}
