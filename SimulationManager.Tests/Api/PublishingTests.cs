using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Replay.Rosbridge;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Hosting;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Tests.Api;

/// <summary>Agents of a run are heard at the broker of their site, and the status and the report count what is heard.</summary>
public class PublishingTests(ApiFixture fixture)
{
    private const int Messages = 113;

    [Fact]
    [Contract("ours/output", "ours/mec")]
    public async Task Run_is_heard_at_its_site_complete_and_counted()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1);
        using var admin = await fixture.AdminAsync();
        var site = await SiteAsync(admin, broker.Address("qos=1"));
        var template = await TestBundle.UploadAsync(admin);

        var (id, execution) = await ExecutionTests.RunAsync(admin, PlanAt(site, Group(template, agents: 3, new { rate = 20 })));
        var report = await ReportAsync(admin, id, execution);
        await subscriber.UntilAsync(messages => messages.Count == 3 * Messages, "all messages");

        var endpoint = report["groups"]![0]!["endpoints"]![0]!;
        Assert.Equal(($"mqtt://127.0.0.1:{broker.Port}/fleet", 3L * Messages, 3L * Messages, "{}"), ((string)endpoint["endpoint"]!, (long)endpoint["out"]!, (long)endpoint["acknowledged"]!, endpoint["lost"]!.ToJsonString()));
        Assert.True((long)endpoint["handedOver"]!["p99"]! <= (long)endpoint["acknowledgedAfter"]!["max"]!);
        Assert.All(report["instances"]!.AsArray(), agent => Assert.Equal((long)Messages, (long)agent!["endpoints"]![0]!["out"]!));
        Assert.Equal(
            Enumerable.Range(1, 3).Select(agent => $"fleet/{id}/instance-{id}-{agent}/turtle1/cmd_vel"),
            subscriber.Messages.Select(message => message.Topic).Distinct().Order(StringComparer.Ordinal));
        var status = (await admin.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;
        Assert.Equal(3L * Messages, (long)status["groupDetails"]![0]!["endpoints"]![0]!["out"]!);
        Assert.DoesNotContain("No address", (string)status["message"]!, StringComparison.Ordinal);
        await AssertInMetricsAsync($"mqtt://127.0.0.1:{broker.Port}/fleet", 3L * Messages);
    }

    [Fact]
    [Contract("ours/output")]
    public async Task Part_may_name_its_own_endpoints_names_and_stamps()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync();
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var output = new { endpoints = new[] { broker.Address("format=json&topic={agent}/{topic}") }, identity = "turtle_{n:000}", stamps = "now" };

        var plan = PlanAt("nowhere", Group(template, agents: 2, new { rate = 20 }, output), Group(template, agents: 1, new { rate = 20 }));
        var (id, execution) = await ExecutionTests.RunAsync(user, plan);
        var report = await ReportAsync(user, id, execution);
        await subscriber.UntilAsync(messages => messages.Count == 2 * Messages, "all messages");

        Assert.Equal(["fleet/turtle_001/turtle1/cmd_vel", "fleet/turtle_002/turtle1/cmd_vel"], subscriber.Messages.Select(message => message.Topic).Distinct().Order(StringComparer.Ordinal));
        Assert.All(subscriber.Messages, message => Assert.Equal(2, JsonDocument.Parse(message.Payload).RootElement.EnumerateObject().Count()));
        Assert.Empty(report["groups"]![1]!["endpoints"]!.AsArray());
        Assert.Contains("'nowhere'", (string)report["message"]!, StringComparison.Ordinal);
        var detail = (await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data["executionPlan"]!["groups"]![0]!["output"]!;
        Assert.Equal(("turtle_{n:000}", "now"), ((string)detail["identity"]!, (string)detail["stamps"]!));
    }

    [Fact]
    [Contract("ours/output")]
    public async Task Site_that_is_away_is_told_and_fails_the_run_where_that_is_asked_for()
    {
        using var admin = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(admin);
        var nobody = $"mqtt://127.0.0.1:{FreePorts.Draw()}/fleet";
        var site = await SiteAsync(admin, nobody);

        var (played, playedExecution) = await ExecutionTests.RunAsync(admin, PlanAt(site, Group(template, agents: 2, new { rate = 20 })));
        var (failed, failedExecution) = await ExecutionTests.RunAsync(admin, PlanAt(site, Group(template, agents: 2, new { loop = true }, new { endpoints = new[] { $"{nobody}?onFailure=fail&failAfter=1" } })));

        var lost = (await ReportAsync(admin, played, playedExecution))["groups"]![0]!["endpoints"]![0]!;
        Assert.Equal((0L, 2L * Messages), ((long)lost["out"]!, (long)lost["lost"]!["disconnected"]!));
        Assert.Contains("nothing listens on", (string)lost["error"]!, StringComparison.Ordinal);
        Assert.Contains("is away for more than 1 s: nothing listens on", (string)(await ReportAsync(admin, failed, failedExecution))["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"endpoints":["http://edge"]}""", "output.endpoints")]
    [InlineData("""{"endpoints":["mqtt://edge?qos=3"]}""", "output.endpoints")]
    [InlineData("""{"endpoints":["mqtt://edge?qoss=1"]}""", "output.endpoints")]
    [InlineData("""{"endpoints":["mqtt://edge/with%23hash"]}""", "output.endpoints")]
    [InlineData("""{"endpoints":["mqtt://edge?credentials=plant-a"]}""", "output.endpoints")]
    [InlineData("""{"endpoints":["rosbridge://edge?credentials=plant-a"]}""", "output.endpoints")]
    [InlineData("""{"endpoints":["rosbridge://edge?qos=1"]}""", "output.endpoints")]
    [InlineData("""{"endpoints":["zenoh://edge:7447"]}""", "no library for Zenoh is available")]
    [InlineData("""{"identity":"robot"}""", "output.identity")]
    [InlineData("""{"identity":"robot_{x}"}""", "output.identity")]
    [InlineData("""{"identity":"a+b_{n}"}""", "output.identity")]
    [InlineData("""{"stamps":"later"}""", "output.stamps")]
    [InlineData("""{"poseOffset":{"spacing":1,"width":2}}""", "output.poseOffset.spacing")]
    [InlineData("""{"poseOffset":{}}""", "output.poseOffset.spacing")]
    [InlineData("""{"globalFrames":[""]}""", "output.globalFrames")]
    [Contract("ours/output")]
    public async Task What_cannot_be_meant_is_refused_by_name(string output, string field)
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);

        var refused = (await user.PostAsync("/api/simulation", PlanAt("", Group(template, 1, new { }, JsonNode.Parse(output))))).Expect(HttpStatusCode.BadRequest);

        Assert.Contains(field, refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Contract("ours/mec-check")]
    public async Task Check_tells_what_a_worker_finds()
    {
        await using var broker = await Mosquitto.StartAsync("max_packet_size 5000\nmax_topic_alias 7");
        await using var subscriber = await broker.SubscribeAsync();
        using var admin = await fixture.AdminAsync();
        var well = await SiteIdAsync(admin, $"{broker.Address()} none");
        var away = await SiteIdAsync(admin, $"mqtt://127.0.0.1:{FreePorts.Draw()} mqtt://no-such-host.invalid {broker.Address("credentials=nobody")} mqtts://127.0.0.1:{broker.Port}");
        var nothing = await SiteIdAsync(admin, "none");

        var found = (await admin.PostAsync($"/api/mec/{well}/check")).Expect(HttpStatusCode.OK).Data;
        var failed = (await admin.PostAsync($"/api/mec/{away}/check")).Expect(HttpStatusCode.OK).Data;

        Assert.True((bool)found["ok"]!, found.ToJsonString());
        var endpoint = found["endpoints"]!.AsArray().Single()!;
        Assert.Equal((5000L, "fleet/_check"), ((long)endpoint["maximumPacketSize"]!, (string)endpoint["topic"]!));
        await subscriber.UntilAsync(messages => messages.Count == 1, "the marked message");
        Assert.Equal("fleet/_check", subscriber.Messages[0].Topic);
        Assert.False((bool)failed["ok"]!);
        string[] expected = ["nothing listens on", "is not known", "the credentials 'nobody' are not known", "no encrypted connection"];
        Assert.All(failed["endpoints"]!.AsArray().Zip(expected), pair => Assert.Contains(pair.Second, (string)pair.First!["error"]!, StringComparison.Ordinal));
        (await admin.PostAsync($"/api/mec/{nothing}/check")).Expect(HttpStatusCode.Conflict);
        (await admin.PostAsync("/api/mec/999999/check")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("ours/output", "ours/mec-check")]
    public async Task Run_is_heard_over_rosbridge_after_its_site_was_checked()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var admin = await fixture.AdminAsync();
        var site = await SiteAsync(admin, server.Address());
        var both = await SiteIdAsync(admin, $"{server.Address()} {server.Address("path=/elsewhere")}");
        var template = await TestBundle.UploadAsync(admin);

        var found = (await admin.PostAsync($"/api/mec/{both}/check")).Expect(HttpStatusCode.OK).Data["endpoints"]!.AsArray();
        Assert.Equal(($"rosbridge://127.0.0.1:{server.Port}/fleet", "/fleet/_check", null), ((string)found[0]!["endpoint"]!, (string)found[0]!["topic"]!, (string?)found[0]!["error"]));
        Assert.True((double)found[0]!["publishMilliseconds"]! > 0);
        Assert.Equal($"127.0.0.1:{server.Port} has nothing at the path /elsewhere (path=<path>)", (string)found[1]!["error"]!);

        var plan = PlanAt(site, Group(template, agents: 2, new { rate = 20 }, new { identity = "turtle_{n:000}" }));
        string[] topics = ["/fleet/turtle_001/turtle1/cmd_vel", "/fleet/turtle_002/turtle1/cmd_vel"];
        await using var listener = await server.ListenAsync("geometry_msgs/msg/Twist", topics);
        var (id, execution) = await ExecutionTests.RunAsync(admin, plan);
        await listener.UntilAsync(messages => messages.Count == 2 * Messages, "all messages");

        var endpoint = (await ReportAsync(admin, id, execution))["groups"]![0]!["endpoints"]![0]!;
        Assert.Equal(($"rosbridge://127.0.0.1:{server.Port}/fleet", 2L * Messages, 0L, "{}"), ((string)endpoint["endpoint"]!, (long)endpoint["out"]!, (long)endpoint["acknowledged"]!, endpoint["lost"]!.ToJsonString()));
        Assert.Equal(topics, listener.Lines.Select(line => (string)line["topic"]!).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>What the worker's metrics are made of has the messages, and goes on having them once the connections are gone.</summary>
    private async Task AssertInMetricsAsync(string endpoint, long messages)
    {
        var totals = (await fixture.WorkerAsync()).Get<PublishTotals>();
        await Wait.UntilAsync(() => totals.Read()[endpoint].Connections == 0, TimeSpan.FromSeconds(30), "the cohorts to be released");
        Assert.Equal((messages, messages), (totals.Read()[endpoint].Counts.Out, totals.Read()[endpoint].Counts.Acknowledged));
    }

    private static object PlanAt(string site, params object[] groups) => new
    {
        simulationName = Plans.NewName(), simulationDescription = "", patternType = "parallel", mecId = site, pattern = new { groups },
    };

    private static object Group(long template, int agents, object playback, object? output = null) =>
        new { templateId = template, autonomousAgentCount = agents, executionTime = 60, repeatCount = 1, playback, output };

    private static async Task<JsonNode> ReportAsync(ApiClient client, long simulation, long execution) =>
        (await client.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data;

    private static async Task<string> SiteAsync(ApiClient admin, string endpoint)
    {
        var name = Plans.NewName();
        (await admin.PostAsync("/api/mec", new { name, endpoint })).Expect(HttpStatusCode.Created);
        return name;
    }

    private static async Task<long> SiteIdAsync(ApiClient admin, string endpoint) =>
        (long)(await admin.PostAsync("/api/mec", new { name = Plans.NewName(), endpoint })).Expect(HttpStatusCode.Created).Data["id"]!;
}
