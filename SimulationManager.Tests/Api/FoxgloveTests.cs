using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Generation;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Npm;
using SimulationManager.Tests.Replay.Rosbridge;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Api;

/// <summary>The agents of a run in Foxglove and what else speaks its protocol.</summary>
public class FoxgloveTests(ApiFixture fixture)
{
    private const string Sdk = "foxglove.sdk.v1";
    private const int Messages = 113;

    /// <summary>Robots of the demo, every topic of each: as recorded, with definitions that decode them, and stamped with the time at which they were due.</summary>
    [Theory]
    [InlineData($"{Sdk},foxglove.websocket.v1")]
    [InlineData("foxglove.websocket.v1")]
    [Contract("ours/live")]
    public async Task Foxglove_s_client_decodes_every_message_of_every_robot(string subprotocols)
    {
        const int rate = 2;
        // Fetches the client's packages the first time, which takes longer than the run waits.
        await NpmPackages.FolderAsync();
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(8) });
        using var recorded = new RecordedMessages(folder["robot"]);
        var (id, execution) = await StartAsync(user, await TestBundle.UploadAsync(user, folder["robot"], Plans.NewName()), agents: 2, new { rate, delay = 5 });

        await using var client = new RosbridgeServer.LineProcess(await NpmPackages.StartAsync(
            "foxglove-client.mjs", [AddressOf(user, id, execution).ToString(), subprotocols, $"{FleetFeed.Topics.Count + (2 * (recorded.Topics.Count + 1))}"]));
        await client.UntilAsync(lines => lines is [.., var last] && (string)last["op"]! == "close", "the end of the run");

        var lines = client.Lines.ToLookup(line => (string)line["op"]!);
        Assert.Equal(("SimulationManager", $"{id}-{execution}"), ((string)lines["serverInfo"].Single()["info"]!["name"]!, (string)lines["serverInfo"].Single()["info"]!["sessionId"]!));
        Assert.Equal((1000, "the run has ended"), ((int)lines["close"].Single()["code"]!, (string)lines["close"].Single()["reason"]!));
        var messages = lines["message"].ToLookup(line => (string)line["topic"]!);
        // The client could decode what is told of all agents, too.
        Assert.All(FleetFeed.Topics, topic => Assert.Contains(messages[topic.Name], message => message["fields"]!.AsArray().Count > 0));
        Assert.Equal(FleetFeed.Topics.Count + (2 * recorded.Topics.Count), messages.Count);
        foreach (var (agent, topic) in Enumerable.Range(1, 2).SelectMany(_ => recorded.Topics, (agent, topic) => (agent, topic)))
        {
            var heard = messages[$"/instance_{id}_{agent}{topic}"].ToArray();
            Assert.Equal(recorded.Of(topic).Select(message => message.Bytes), heard.Select(message => (string)message["bytes"]!));
            Assert.All(heard, message => Assert.NotEmpty(message["fields"]!.AsArray()));
            // Due times, not those at which messages came: the same distances as recorded, at twice the speed.
            var times = heard.Select(message => long.Parse((string)message["timestamp"]!, CultureInfo.InvariantCulture)).ToArray();
            var positions = recorded.TimesOf(topic).ToArray();
            Assert.All(times.Zip(positions), pair => Assert.InRange(pair.First - times[0] - ((pair.Second - positions[0]) / rate), -1000, 1000));
            Assert.InRange(DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(times[0] / 1_000_000), TimeSpan.Zero, TimeSpan.FromMinutes(2));
        }
    }

    [Fact]
    [Contract("ours/live")]
    public async Task Channels_come_with_agents_and_what_cannot_be_done_is_told()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, await TestBundle.UploadAsync(user), agents: 3, new { rate = 10, delay = 4 });
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution, "&agents=2-9"), "other.v1", "foxglove.websocket.v1", Sdk);
        await client.UntilAsync(seen => ChannelsOf(seen).Length == 4, "two topics of two agents");

        Assert.Equal(Sdk, client.Subprotocol);
        Assert.Equal([$"/instance_{id}_2/clock", $"/instance_{id}_2/turtle1/cmd_vel", $"/instance_{id}_3/clock", $"/instance_{id}_3/turtle1/cmd_vel"], ChannelsOf(client).Select(channel => (string)channel["topic"]!).Order(StringComparer.Ordinal));
        var channel = ChannelsOf(client).Single(channel => (string)channel["topic"]! == $"/instance_{id}_3/turtle1/cmd_vel");
        Assert.Equal(("cdr", "geometry_msgs/msg/Twist", "ros2msg"), ((string)channel["encoding"]!, (string)channel["schemaName"]!, (string)channel["schemaEncoding"]!));
        (string Sent, string Told)[] wrong =
        [
            ("no JSON", "a JSON object with a member 'op'"),
            ("""{"op":"advertise","channels":[]}""", "has no such capability"),
            ("""{"op":"subscribe","subscriptions":[{"id":1,"channelId":999}]}""", "there is no channel 999"),
            ("""{"op":"subscribe","subscriptions":[7]}""", "a subscription has an id and a channelId"),
            ($$"""{"op":"subscribe","subscriptions":[{"id":7,"channelId":{{channel["id"]}}},{"id":7,"channelId":{{channel["id"]}}}]}""", "the subscription 7 is there already"),
        ];
        foreach (var (index, (sent, told)) in wrong.Index())
        {
            await client.SendAsync(sent);
            await client.UntilAsync(seen => ToldOf(seen).Length == index + 1, $"an answer to {sent}");
            Assert.Contains(told, ToldOf(client)[^1], StringComparison.Ordinal);
        }
        // A client that cannot make up its mind, as fast as it can.
        for (var count = 0; count < 2000; count++)
            await client.SendAsync(count % 2 == 0 ? $$"""{"op":"subscribe","subscriptions":[{"id":8,"channelId":{{channel["id"]}}}]}""" : """{"op":"unsubscribe","subscriptionIds":[8]}""");
        await client.UntilAsync(seen => seen.Closed is not null, "the end of the run");

        Assert.Equal(wrong.Length, ToldOf(client).Length);
        Assert.Equal(Messages, client.Binary.Count(frame => frame[0] == 1 && BitConverter.ToUInt32(frame, 1) == 7));
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "the run has ended"), client.Closed);
    }

    /// <summary>In transforms and in headers alike, for this client alone; what the plan has named already is not named twice.</summary>
    [Theory]
    [InlineData(null, "instance_{0}_{1}")]
    [InlineData("robot_{n:000}", "robot_00{1}")]
    [Contract("ours/live")]
    public async Task Frames_begin_with_the_names_of_agents_for_a_client_that_wants_it(string? identity, string names)
    {
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(1) });
        using var recorded = new RecordedMessages(folder["robot"]);
        var template = await TestBundle.UploadAsync(user, folder["robot"], Plans.NewName());
        var (id, execution) = await StartAsync(user, template, agents: 2, new { delay = 3 }, identity is null ? null : new { identity });
        await using var prefixed = await WatchAsync("&frames=prefixed");
        await using var other = await WatchAsync("&frames=recorded");
        await prefixed.UntilAsync(seen => seen.Closed is not null, "the end of the run");
        await other.UntilAsync(seen => seen.Closed is not null, "the end of the run");

        Assert.Equal(HttpStatusCode.BadRequest, (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/live?frames=mine")).Status);
        foreach (var agent in new[] { 1, 2 })
        {
            var name = string.Format(CultureInfo.InvariantCulture, names, id, agent);
            foreach (var topic in recorded.Topics)
            {
                var (asPrefixed, asRecorded) = (PayloadsOf(prefixed, $"/{name}{topic}"), PayloadsOf(other, $"/{name}{topic}"));
                if (identity is null) Assert.Equal(recorded.BytesOf(topic), asRecorded);
                else Assert.Equal(asRecorded, asPrefixed);
                Assert.Equal(recorded.Of(topic).Select(message => Prefixed(message.Text, name)), asPrefixed.Select(bytes => recorded.TextOf(topic, bytes)));
            }
        }

        async Task<ViewerClient> WatchAsync(string query)
        {
            var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution, query), "foxglove.websocket.v1");
            await client.UntilAsync(seen => ChannelsOf(seen).Length == 2 * (recorded.Topics.Count + 1), "the channels");
            var subscriptions = ChannelsOf(client).Select(channel => $$"""{"id":{{channel["id"]}},"channelId":{{channel["id"]}}}""");
            await client.SendAsync($$"""{"op":"subscribe","subscriptions":[{{string.Join(',', subscriptions)}}]}""");
            return client;
        }

        // Names of frames, wherever they are in a message; those of the robot are neither shared nor empty.
        static string Prefixed(string text, string name) => Regex.Replace(text, "frame_id:\"(?!\")", $"frame_id:\"{name}/");

        static string[] PayloadsOf(ViewerClient client, string topic)
        {
            var channel = (uint)client.Channels.Single(channel => (string)channel["topic"]! == topic)["id"]!;
            return [.. client.Binary.Where(frame => frame[0] == 1 && BitConverter.ToUInt32(frame, 1) == channel).Select(frame => Convert.ToBase64String(frame.AsSpan(13)))];
        }
    }

    [Fact]
    [Contract("ours/live")]
    public async Task More_agents_than_are_shown_at_once_are_told_of()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, await TestBundle.UploadAsync(user), agents: 130, new { rate = 10, delay = 10 });

        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await client.UntilAsync(seen => ToldOf(seen).Length == 1, "the client to be told");

        Assert.Equal("30 more agents play than are shown; agents=<first>-<last> in the address shows others, 100 at once", ToldOf(client)[0]);
        Assert.Equal(200, ChannelsOf(client).Length);
    }

    [Fact]
    [Contract("ours/live")]
    public async Task Whoever_must_not_watch_or_speaks_something_else_is_refused()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, await TestBundle.UploadAsync(user), agents: 1, new { delay = 30 });

        Assert.Equal(HttpStatusCode.Unauthorized, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(user.Address, id, execution, token: null, "live"), Sdk));
        Assert.Equal(HttpStatusCode.BadRequest, await ViewerClient.RefusalAsync(AddressOf(user, id, execution), "foxglove.websocket.v9"));
        Assert.Equal(HttpStatusCode.BadRequest, await ViewerClient.RefusalAsync(AddressOf(user, id, execution)));
        Assert.Equal(HttpStatusCode.BadRequest, await ViewerClient.RefusalAsync(AddressOf(user, id, execution, "&agents=5-1"), Sdk));
        Assert.Equal(HttpStatusCode.NotFound, await ViewerClient.RefusalAsync(AddressOf(user, id + 1, execution), Sdk));
    }

    private static JsonNode[] ChannelsOf(ViewerClient client) => [.. client.Channels.Where(channel => FleetFeed.Find((string)channel["topic"]!) is null)];

    private static string[] ToldOf(ViewerClient client) => [.. client.Operations.Where(operation => (string)operation["op"]! == "status").Select(operation => (string)operation["message"]!)];

    private static Uri AddressOf(ApiClient user, long simulation, long execution, string query = "") => new($"{ViewerClient.AddressOf(user.Address, simulation, execution, user.Token, "live")}{query}");

    private static async Task<(long Simulation, long Execution)> StartAsync(ApiClient user, long template, int agents, object playback, object? output = null)
    {
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), new { templateId = template, autonomousAgentCount = agents, executionTime = 120, repeatCount = 1, playback, output }));
        return (id, await ExecutionTests.StartAsync(user, id));
    }
}
