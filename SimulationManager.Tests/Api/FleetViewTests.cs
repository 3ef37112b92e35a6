using System.Buffers;
using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Generation;
using SimulationManager.RosMessages;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.RosMessages;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>All agents of a run as one channel.</summary>
public class FleetViewTests(ApiFixture fixture)
{
    private const string Sdk = "foxglove.sdk.v1";
    private const string Transforms = "/fleet/transforms";
    private const string Scene = "/fleet/scene";

    private static readonly MessageCodec s_odometry = new(TestTypes.Find("nav_msgs/msg/Odometry"));

    /// <summary>More agents than are shown by themselves, each where its odometry was recorded, moved to its place on the grid.</summary>
    [Fact]
    [Contract("ours/live")]
    public async Task Every_message_has_all_agents_where_their_recording_says()
    {
        const int agents = 130;
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(8) });
        using var recorded = new RecordedMessages(folder["robot"]);
        var recordedAt = recorded.Of("/odom").Select(message => PlaceOf(JsonOf(s_odometry, Convert.FromBase64String(message.Bytes))["pose"]!["pose"]!["position"]!)).ToArray();
        var (id, execution) = await StartAsync(user, folder["robot"], agents, delay: 3, new { identity = "robot_{n:000}", poseOffset = new { spacing = 100, columns = 1000 } });
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await SubscribeAsync(client, Transforms);
        await client.UntilAsync(seen => seen.Closed is not null, "the end of the run");

        // It may have been looked while they began.
        var messages = MessagesOf(client, Transforms).SkipWhile(message => message["transforms"]!.AsArray().Count < agents).ToArray();
        Assert.NotEmpty(messages);
        Assert.All(messages, message => Assert.Equal(
            Enumerable.Range(1, agents).Select(agent => ("odom", $"robot_{agent:000}/base_link")),
            message["transforms"]!.AsArray().Select(transform => ((string)transform!["parent_frame_id"]!, (string)transform["child_frame_id"]!)).OrderBy(frames => frames.Item2, StringComparer.Ordinal)));
        var seen = messages.SelectMany(message => message["transforms"]!.AsArray()).Select(transform => (Agent: AgentOf(transform!), Place: PlaceOf(transform!["translation"]!))).ToArray();
        Assert.All(seen, position => Assert.Contains(recordedAt, place => Math.Abs(place.X + ((position.Agent - 1) * 100) - position.Place.X) < 1e-9 && place.Y == position.Place.Y));
        // The connection ends with the run, which may be before the next look.
        Assert.Contains(seen[^1].Place.Y, recordedAt.TakeLast(recordedAt.Length / 4).Select(place => place.Y));
    }

    /// <summary>Also one that comes when nothing moves any more.</summary>
    [Fact]
    [Contract("ours/live")]
    public async Task Viewer_that_comes_late_gets_the_whole_picture_at_once()
    {
        const int agents = 20;
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60) });
        var (id, execution) = await StartAsync(user, folder["robot"], agents, delay: 0, output: null);
        await using var first = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await SubscribeAsync(first, Transforms);
        await first.UntilAsync(seen => MessagesOf(seen, Transforms).Length > 3, "agents to move");
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/pause")).Expect(HttpStatusCode.OK);

        await using var second = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await SubscribeAsync(second, Transforms);
        await SubscribeAsync(second, Scene);
        await second.UntilAsync(seen => MessagesOf(seen, Transforms).Length > 0 && MessagesOf(seen, Scene).Length > 0, "the picture");

        var picture = MessagesOf(second, Transforms)[0]["transforms"]!.AsArray();
        Assert.Equal(agents, picture.Count);
        var entity = Assert.Single(MessagesOf(second, Scene)[0]["entities"]!.AsArray())!;
        Assert.Equal(("odom", agents), ((string)entity["frame_id"]!, entity["arrows"]!.AsArray().Count));
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
        await second.UntilAsync(seen => seen.Closed is not null, "the end of the run");
        // All of them stand, and both say where.
        Assert.Equal(
            MessagesOf(second, Transforms)[^1]["transforms"]!.AsArray().Select(transform => PlaceOf(transform!["translation"]!)).Order(),
            MessagesOf(second, Scene)[^1]["entities"]![0]!["arrows"]!.AsArray().Select(arrow => PlaceOf(arrow!["pose"]!["position"]!)).Order());
    }

    [Fact]
    [Contract("ours/live")]
    public async Task Viewer_that_cannot_make_up_its_mind_gets_what_it_asks_for_last()
    {
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60) });
        var (id, execution) = await StartAsync(user, folder["robot"], agents: 50, delay: 0, output: null);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await SubscribeAsync(client, Scene);
        var channel = (int)ChannelOf(client, Transforms)["id"]!;
        for (var count = 0; count < 10_000; count++)
            await client.SendAsync(count % 2 == 0 ? $$"""{"op":"subscribe","subscriptions":[{"id":777,"channelId":{{channel}}}]}""" : """{"op":"unsubscribe","subscriptionIds":[777]}""");
        await SubscribeAsync(client, Transforms);
        await client.UntilAsync(seen => MessagesOf(seen, Transforms).Length > 3 && MessagesOf(seen, Scene).Length > 3, "both");

        Assert.Equal(50, CountOf(client));
        Assert.DoesNotContain(client.Operations, operation => (string)operation["op"]! == "status" && (int)operation["level"]! == 2);
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Contract("ours/live")]
    public async Task Viewer_that_stops_reading_gets_the_newest_picture_and_is_told()
    {
        const int agents = 2000;
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60) });
        var (id, execution) = await StartAsync(user, folder["robot"], agents, delay: 0, output: null);
        await using var slow = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await using var quick = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await SubscribeAsync(slow, Transforms);
        await SubscribeAsync(quick, Transforms);
        await slow.UntilAsync(seen => PicturesOf(seen).Length > 0, "the first picture");

        await slow.StopReadingAsync();
        // More than the buffers of both ends take.
        await quick.UntilAsync(seen => seen.Binary.Sum(frame => frame.Length) > 32 << 20, "pictures at the client that reads");
        var before = DueOf(PicturesOf(quick)[^1]);
        slow.ReadAgain();
        await slow.UntilAsync(seen => PicturesOf(seen) is [.., var last] && DueOf(last) > before, "a picture of now");
        await slow.UntilAsync(seen => ToldOf(seen).Length > 0, "the client to be told");

        Assert.Matches("^[0-9]+ messages were left out: this client, or the way to it, is too slow", ToldOf(slow)[0]);
        Assert.True(PicturesOf(slow).Length < PicturesOf(quick).Length);
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Contract("ours/live")]
    public async Task Table_tells_how_every_agent_stands()
    {
        const int agents = 120;
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60) });
        var (id, execution) = await StartAsync(user, folder["robot"], agents, delay: 0, output: null);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await SubscribeAsync(client, "/fleet/agents");
        var channel = ChannelOf(client, "/fleet/agents");
        Assert.Equal(("json", "jsonschema"), ((string)channel["encoding"]!, (string)channel["schemaEncoding"]!));
        await client.UntilAsync(seen => TableOf(seen, channel) is { Length: agents } table && table.All(agent => (long)agent["messagesOut"]! > 100), "all agents to play");

        var properties = JsonNode.Parse((string)channel["schema"]!)!["properties"]!["agents"]!["items"]!["properties"]!.AsObject().Select(property => property.Key);
        Assert.All(TableOf(client, channel), (agent, index) =>
        {
            Assert.Equal((index + 1, $"instance_{id}_{index + 1}", "RUNNING"), ((int)agent["instanceId"]!, (string)agent["name"]!, (string)agent["status"]!));
            Assert.Equal(properties, agent.AsObject().Select(property => property.Key));
            Assert.InRange((double)agent["progress"]!, 0.1, 100);
        });
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Length", "Long")]
    [Contract("ours/live")]
    public async Task Agents_whose_worker_is_killed_go_on_where_they_come_up_again()
    {
        const int agents = 40;
        await using var system = await TwoWorkers.StartAsync(fixture);
        var user = system.User;
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60) });
        var (id, execution) = await StartAsync(user, folder["robot"], agents, delay: 0, output: null);
        await using var client = await ViewerClient.ConnectAsync(AddressOf(user, id, execution), Sdk);
        await SubscribeAsync(client, Transforms);
        // Once all are there, both workers have told of theirs, and no message has less.
        await client.UntilAsync(seen => CountOf(seen) == agents, "agents of both workers in one message");

        await system.Victim.KillAsync();
        var before = MessagesOf(client, Transforms)[^1]["transforms"]!.AsArray().ToDictionary(transform => AgentOf(transform!), transform => PlaceOf(transform!["translation"]!));
        await client.UntilAsync(
            seen => MessagesOf(seen, Transforms)[^1]["transforms"]!.AsArray().All(transform => PlaceOf(transform!["translation"]!) != before[AgentOf(transform!)]), "all agents to have moved since");

        Assert.Equal(agents, CountOf(client));
    }

    private static JsonNode[] TableOf(ViewerClient client, JsonNode channel) =>
        client.Binary.LastOrDefault(frame => frame[0] == 1 && BitConverter.ToUInt32(frame, 1) == (uint)channel["id"]!) is { } frame ? [.. JsonNode.Parse(frame.AsSpan(13))!["agents"]!.AsArray().Select(agent => agent!)] : [];

    private static int CountOf(ViewerClient client) => MessagesOf(client, Transforms) is [.., var last] ? last["transforms"]!.AsArray().Count : 0;

    /// <summary>Subscribes to a channel; the subscription has its id.</summary>
    private static async Task SubscribeAsync(ViewerClient client, string topic)
    {
        await client.UntilAsync(seen => seen.Channels.Any(channel => (string)channel["topic"]! == topic), topic);
        var channel = ChannelOf(client, topic);
        await client.SendAsync(new JsonObject { ["op"] = "subscribe", ["subscriptions"] = new JsonArray(new JsonObject { ["id"] = (int)channel["id"]!, ["channelId"] = (int)channel["id"]! }) });
    }

    /// <summary>The messages of a channel, read with the definition that came with it.</summary>
    private static JsonNode[] MessagesOf(ViewerClient client, string topic)
    {
        var channel = ChannelOf(client, topic);
        var codec = new MessageCodec(MessageSchema.Parse((string)channel["schemaName"]!, (string)channel["schema"]!, (string)channel["schemaEncoding"]!));
        return [.. client.Binary.Where(frame => frame[0] == 1 && BitConverter.ToUInt32(frame, 1) == (uint)channel["id"]!).Select(frame => JsonOf(codec, frame.AsSpan(13)))];
    }

    private static JsonNode ChannelOf(ViewerClient client, string topic) => client.Channels.First(channel => (string)channel["topic"]! == topic);

    /// <summary>Frames with messages; others tell the time.</summary>
    private static byte[][] PicturesOf(ViewerClient client) => [.. client.Binary.Where(frame => frame[0] == 1)];

    private static ulong DueOf(byte[] frame) => BitConverter.ToUInt64(frame, 5);

    private static string[] ToldOf(ViewerClient client) => [.. client.Operations.Where(operation => (string)operation["op"]! == "status" && (int)operation["level"]! > 0).Select(operation => (string)operation["message"]!)];

    private static JsonNode JsonOf(MessageCodec codec, ReadOnlySpan<byte> payload)
    {
        var json = new ArrayBufferWriter<byte>();
        codec.WriteJson(payload, json, JsonForm.Rosbridge);
        return JsonNode.Parse(json.WrittenSpan)!;
    }

    private static (double X, double Y) PlaceOf(JsonNode vector) => ((double)vector["x"]!, (double)vector["y"]!);

    private static int AgentOf(JsonNode transform) => int.Parse(((string)transform["child_frame_id"]!).Split('/')[0].Split('_')[^1], System.Globalization.CultureInfo.InvariantCulture);

    private static Uri AddressOf(ApiClient user, long simulation, long execution) => ViewerClient.AddressOf(user.Address, simulation, execution, user.Token, "live");

    private static async Task<(long Simulation, long Execution)> StartAsync(ApiClient user, string recording, int agents, int delay, object? output)
    {
        var template = await TestBundle.UploadAsync(user, recording, Plans.NewName());
        var group = new { templateId = template, autonomousAgentCount = agents, executionTime = 120, repeatCount = 1, playback = new { delay }, output };
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), group));
        return (id, await ExecutionTests.StartAsync(user, id));
    }
}
