using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Generation;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Npm;
using SimulationManager.Tests.Replay.Rosbridge;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>The agents of a run as the robots behind a rosbridge server.</summary>
public class RosbridgeTests(ApiFixture fixture)
{
    private const int Messages = 113;
    private const string Type = "geometry_msgs/msg/Twist";
    private const string Topic = "/turtle_001/turtle1/cmd_vel";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    [Contract("ours/rosbridge")]
    public async Task Client_hears_the_agents_that_it_asks_for_until_the_run_ends()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, agents: 3);
        await using var client = await ViewerClient.ConnectAsync(user, id, execution);

        await client.SubscribeAsync(Topic, new JsonObject { ["type"] = Type });
        // As pages of ROS 1 write it.
        await client.SubscribeAsync("turtle_003/turtle1/cmd_vel", new JsonObject { ["type"] = "geometry_msgs/Twist" });
        await client.UntilAsync(heard => heard.Closed is not null, "the end of the run");

        Assert.Equal(Messages, client.MessagesOf(Topic).Length);
        Assert.Equal(Messages, client.MessagesOf("/turtle_003/turtle1/cmd_vel").Length);
        Assert.Equal(2 * Messages, client.Operations.Count);
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "the run has ended"), client.Closed);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("png")]
    [InlineData("cbor")]
    [InlineData("cbor-raw")]
    public async Task Roslib_gets_every_message_in_order_in_each_form(string compression)
    {
        // Fetches the client's packages the first time, which takes longer than the run waits.
        await NpmPackages.FolderAsync();
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, agents: 2);
        var address = ViewerClient.AddressOf(user.Address, id, execution, user.Token).ToString();
        string[] topics = [Topic, "/turtle_002/turtle1/cmd_vel"];

        await using var listener = new RosbridgeServer.LineProcess(await NpmPackages.StartAsync(
            "rosbridge-listener.mjs", [address, new JsonObject { ["compression"] = compression }.ToJsonString(), .. topics.SelectMany(topic => new[] { topic, Type })]));
        await listener.UntilAsync(messages => messages.Count == 2 * Messages, "all messages");

        using var recorded = new RecordedMessages(BagFixtures.Shared("turtlesim_cmd_vel"));
        foreach (var topic in topics)
        {
            var heard = listener.Lines.Where(line => (string)line["topic"]! == topic).Select(line => line["msg"]!);
            Assert.Equal(recorded.Of("/turtle1/cmd_vel").Select(message => compression == "cbor-raw" ? message.Bytes : message.Text), heard.Select(message => compression == "cbor-raw" ? (string)message["bytes"]! : RecordedMessages.TextOf(message)));
        }
    }

    /// <summary>JavaScript has 53 bits for a number.</summary>
    [Fact]
    public async Task Roslib_gets_whole_64_bit_integers_over_CBOR()
    {
        // Fetches the client's packages the first time, which takes longer than the run waits.
        await NpmPackages.FolderAsync();
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        long[] numbers = [7, long.MaxValue, long.MinValue, (1L << 53) + 1];
        using (var bag = BagWriter.Create(folder["numbers"]))
        {
            var topic = bag.AddTopic(new BagTopic { Name = "/number", Type = "std_msgs/msg/Int64" });
            foreach (var (index, number) in numbers.Index()) bag.Write(topic, 1_000_000_000L + index, [0, 1, 0, 0, .. BitConverter.GetBytes(number)]);
            bag.Complete();
        }
        var (id, execution) = await StartAsync(user, await TestBundle.UploadAsync(user, folder["numbers"], Plans.NewName()), agents: 1, new { delay = 4 });

        await using var listener = new RosbridgeServer.LineProcess(await NpmPackages.StartAsync(
            "rosbridge-listener.mjs", [ViewerClient.AddressOf(user.Address, id, execution, user.Token).ToString(), """{"compression":"cbor"}""", "/turtle_001/number", "std_msgs/msg/Int64"]));
        await listener.UntilAsync(messages => messages.Count == numbers.Length, "all messages");

        Assert.Equal(numbers, listener.Lines.Select(line => long.Parse(line["msg"]!["data"]!.ToString().TrimEnd('n'), CultureInfo.InvariantCulture)));
    }

    [Fact]
    [Contract("ours/rosbridge")]
    public async Task What_is_kept_for_those_who_come_later_comes_first_and_once()
    {
        const string map = "/turtle_001/map";
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        using (var bag = BagWriter.Create(folder["robot"]))
        {
            var kept = bag.AddTopic(BagFixtures.Topic("/map") with { OfferedQosProfiles = QosProfile.FormatList([new QosProfile { Durability = QosDurability.TransientLocal }]) });
            var tick = bag.AddTopic(BagFixtures.Topic("/tick"));
            bag.Write(kept, 1_000_000_000L, TextPayload(0));
            for (var index = 0; index < 120; index++) bag.Write(tick, 1_000_000_000L + (index * 100_000_000L), TextPayload(index));
            bag.Complete();
        }
        var (id, execution) = await StartAsync(user, await TestBundle.UploadAsync(user, folder["robot"], Plans.NewName()), agents: 1, new { });
        await using var first = await ViewerClient.ConnectAsync(user, id, execution);
        await first.SubscribeAsync("/turtle_001/tick");
        await first.UntilAsync(heard => heard.MessagesOf("/turtle_001/tick").Length > 5, "the agent to play");

        await first.SubscribeAsync(map);
        await first.UntilAsync(heard => heard.MessagesOf(map).Length > 0, "the map");
        await using var second = await ViewerClient.ConnectAsync(user, id, execution);
        await second.SubscribeAsync(map);
        await second.UntilAsync(heard => heard.Closed is not null, "the end of the run");
        await first.UntilAsync(heard => heard.Closed is not null, "the end of the run");

        Assert.Equal("message 0", (string)Assert.Single(first.MessagesOf(map))["data"]!);
        Assert.Equal("message 0", (string)Assert.Single(second.MessagesOf(map))["data"]!);
    }

    /// <summary>Robots on a page in a browser, every topic of each: complete, in order and as they were recorded.</summary>
    [Theory]
    [InlineData("demo", "cbor-raw")]
    [InlineData("demo", "none")]
    [InlineData("turtlesim_cmd_vel", "cbor-raw")]
    public async Task Page_in_a_browser_gets_every_message_of_every_robot(string recording, string compression)
    {
        // Fetches the client's packages the first time, which takes longer than the run waits.
        await NpmPackages.FolderAsync();
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        if (recording == "demo") RobotRecording.Write(folder[recording], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(10) });
        else BagFixtures.CopyOf(recording, folder);
        using var recorded = new RecordedMessages(folder[recording]);
        var template = await TestBundle.UploadAsync(user, folder[recording], Plans.NewName());
        var (id, execution) = await StartAsync(user, template, agents: 3, new { rate = 2, delay = 5 }, identity: null);

        await using var page = await WebPage.OpenAsync("rosbridge-page.html", new Dictionary<string, string>
        {
            ["url"] = ViewerClient.AddressOf(user.Address, id, execution, user.Token).ToString(),
            ["compression"] = compression,
            // And the clock of each agent.
            ["topics"] = $"{3 * (recorded.Topics.Count + 1)}",
        });
        var result = await page.ResultAsync();

        Assert.Null(result["error"]);
        var heard = result["heard"]!.AsArray().ToLookup(line => (string)line!["topic"]!, line => line!["msg"]!);
        Assert.Equal(3 * recorded.Topics.Count, heard.Count);
        foreach (var (agent, topic) in Enumerable.Range(1, 3).SelectMany(_ => recorded.Topics, (agent, topic) => (agent, topic)))
        {
            Assert.Equal(
                recorded.Of(topic).Select(message => compression == "cbor-raw" ? message.Bytes : message.Text),
                heard[$"/instance_{id}_{agent}{topic}"].Select(message => compression == "cbor-raw" ? (string)message["bytes"]! : RecordedMessages.TextOf(message)));
        }
    }

    [Fact]
    [Contract("ours/rosbridge")]
    public async Task Services_tell_topics_types_and_nodes()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, agents: 2, delay: 5);
        await using var client = await ViewerClient.ConnectAsync(user, id, execution);
        await Wait.UntilAsync(async () => (await client.CallAsync("/rosapi/topics"))["values"]!["topics"]!.AsArray().Count == 4, Limit, "two topics of each agent");

        var topics = (await client.CallAsync("rosapi/topics"))["values"]!;
        Assert.Equal([Topic, "/turtle_001/clock", "/turtle_002/turtle1/cmd_vel", "/turtle_002/clock"], Texts(topics["topics"]));
        Assert.Equal([Type, "rosgraph_msgs/msg/Clock", Type, "rosgraph_msgs/msg/Clock"], Texts(topics["types"]));
        Assert.Equal(Type, (string)(await CallAsync("topic_type", "topic", Topic))["type"]!);
        Assert.Equal([Topic, "/turtle_002/turtle1/cmd_vel"], Texts((await CallAsync("topics_for_type", "type", Type))["topics"]));
        Assert.Equal(["/turtle_001", "/turtle_002"], Texts((await CallAsync("nodes", "", ""))["nodes"]));
        Assert.Equal([Topic, "/turtle_001/clock"], Texts((await CallAsync("node_details", "node", "/turtle_001"))["publishing"]));
        Assert.Equal(["/turtle_002"], Texts((await CallAsync("publishers", "topic", "/turtle_002/clock"))["publishers"]));
        var types = (await CallAsync("message_details", "type", Type))["typedefs"]!.AsArray();
        Assert.Equal([Type, "geometry_msgs/msg/Vector3"], types.Select(type => (string)type!["type"]!));
        Assert.Equal(["linear", "angular"], Texts(types[0]!["fieldnames"]));
        Assert.Equal(["geometry_msgs/msg/Vector3", "geometry_msgs/msg/Vector3"], Texts(types[0]!["fieldtypes"]));
        Assert.Contains("float64 x", Texts((await CallAsync("topics_and_raw_types", "", ""))["typedefs_full_text"])[0], StringComparison.Ordinal);
        Assert.Contains("/rosapi/topics", Texts((await CallAsync("services", "", ""))["services"]));
        Assert.True((long)(await CallAsync("get_time", "", ""))["time"]!["sec"]! > 1_700_000_000);
        var unknown = await client.CallAsync("/turtle1/teleport");
        Assert.Equal((false, "there is no service '/turtle1/teleport'; /rosapi/services lists those that there are"), ((bool)unknown["result"]!, (string)unknown["values"]!));

        async Task<JsonNode> CallAsync(string service, string name, string value) => (await client.CallAsync($"/rosapi/{service}", name.Length == 0 ? [] : new JsonObject { [name] = value }))["values"]!;
    }

    [Fact]
    [Contract("ours/rosbridge")]
    public async Task Client_gets_fewer_messages_or_pieces_of_them_where_it_asks_for_that()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, agents: 4, rate: 4);
        await using var client = await ViewerClient.ConnectAsync(user, id, execution);
        await using var other = await ViewerClient.ConnectAsync(user, id, execution);

        await client.SubscribeAsync(Topic, new JsonObject { ["throttle_rate"] = 500 });
        await client.SubscribeAsync("/turtle_002/turtle1/cmd_vel", new JsonObject { ["throttle_rate"] = 100_000, ["queue_length"] = 1 });
        await client.SubscribeAsync("/turtle_003/turtle1/cmd_vel", new JsonObject { ["fragment_size"] = 40 });
        await client.SubscribeAsync("/turtle_004/turtle1/cmd_vel", new JsonObject { ["id"] = "a" });
        await client.SubscribeAsync("/turtle_004/turtle1/cmd_vel", new JsonObject { ["id"] = "b" });
        await client.SendAsync(new JsonObject { ["op"] = "unsubscribe", ["topic"] = "/turtle_004/turtle1/cmd_vel", ["id"] = "a" });
        await other.SubscribeAsync("/turtle_004/turtle1/cmd_vel");
        await other.SendAsync(new JsonObject { ["op"] = "unsubscribe", ["topic"] = "/turtle_004/turtle1/cmd_vel" });
        await client.UntilAsync(heard => heard.Closed is not null, "the end of the run");

        // Two a second come where sixty are put out; fewer, if the machine stands still.
        Assert.InRange(client.MessagesOf(Topic).Length, 1, Messages / 2);
        Assert.Single(client.MessagesOf("/turtle_002/turtle1/cmd_vel"));
        Assert.Equal(Messages, client.MessagesOf("/turtle_004/turtle1/cmd_vel").Length);
        Assert.Empty(other.Operations);
        var pieces = client.Operations.Where(operation => (string?)operation["op"] == "fragment").GroupBy(operation => (string)operation["id"]!).ToArray();
        Assert.Equal(Messages, pieces.Length);
        Assert.All(pieces, message =>
        {
            Assert.Equal(Enumerable.Range(0, (int)message.First()["total"]!), message.Select(piece => (int)piece["num"]!));
            Assert.All(message, piece => Assert.InRange(((string)piece["data"]!).Length, 1, 40));
            Assert.Equal("/turtle_003/turtle1/cmd_vel", (string)JsonNode.Parse(string.Concat(message.Select(piece => (string)piece["data"]!)))!["topic"]!);
        });
    }

    [Fact]
    [Contract("ours/rosbridge")]
    public async Task What_cannot_be_done_is_told_and_the_client_goes_on()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, agents: 1, delay: 5);
        await using var client = await ViewerClient.ConnectAsync(user, id, execution);
        await Wait.UntilAsync(async () => (await client.CallAsync("/rosapi/topics"))["values"]!["topics"]!.AsArray().Count == 2, Limit, "the agent");

        (string Sent, string Told)[] wrong =
        [
            ("no JSON", "an operation is a JSON object with a member 'op'"),
            ("[1]", "an operation is a JSON object with a member 'op'"),
            ("""{"op":7}""", "an operation is a JSON object with a member 'op'"),
            ("""{"op":"dance"}""", "there is no operation 'dance'"),
            ("""{"op":"subscribe"}""", "'subscribe' names a topic"),
            ("""{"op":"subscribe","topic":"/turtle_001/clock","compression":"zip"}""", "there is no compression 'zip'"),
            ($$"""{"op":"subscribe","topic":"{{Topic}}","type":"std_msgs/msg/String"}""", $"{Topic} is of the type {Type}, not std_msgs/msg/String"),
            ("""{"op":"publish","topic":"/turtle_001/turtle1/cmd_vel","msg":{}}""", "the agents of a run take no messages"),
            ("""{"op":"set_level","level":"loud"}""", "there is no level 'loud'"),
        ];
        foreach (var (sent, told) in wrong)
        {
            var before = client.StatusesOf("error").Length;
            await client.SendAsync(sent);
            await client.UntilAsync(heard => heard.StatusesOf("error").Length == before + 1, $"an answer to {sent}");
            Assert.Contains(told, client.StatusesOf("error")[^1], StringComparison.Ordinal);
        }
        await client.SendAsync([0xA1, 0x62, 0x6F, 0x70]);
        await client.UntilAsync(heard => heard.StatusesOf("error").Length == wrong.Length + 1, "an answer to bytes");
        await client.SendAsync("""{"op":"set_level","level":"none"}""");
        await client.SendAsync("""{"op":"dance"}""");
        await client.UntilAsync(heard => heard.Closed is not null, "the end of the run");

        Assert.Equal(wrong.Length + 1, client.StatusesOf("error").Length);
        Assert.Equal(Messages, client.MessagesOf(Topic).Length);
    }

    [Fact]
    [Contract("ours/rosbridge")]
    public async Task Whoever_must_not_listen_or_asks_for_too_much_is_refused()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, agents: 1, delay: 60);
        var (other, ended) = await ExecutionTests.RunAsync(user, PlanOf(await TestBundle.UploadAsync(user), agents: 1, new { rate = 100 }, identity: null));

        Assert.Equal(HttpStatusCode.Unauthorized, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(user.Address, id, execution, token: null)));
        Assert.Equal(HttpStatusCode.Unauthorized, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(user.Address, id, execution, "no-token-of-ours")));
        Assert.Equal(HttpStatusCode.NotFound, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(user.Address, other, execution, user.Token)));
        Assert.Equal(HttpStatusCode.Conflict, await ViewerClient.RefusalAsync(ViewerClient.AddressOf(user.Address, other, ended, user.Token)));
        (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/rosbridge")).Expect(HttpStatusCode.BadRequest);
        // Elsewhere a token in the address, which logs may keep, is none.
        using var anonymous = (await fixture.ApiAsync()).Client();
        (await anonymous.GetAsync($"/api/simulation/{id}?access_token={user.Token}")).Expect(HttpStatusCode.Unauthorized);
        await using var client = await ViewerClient.ConnectAsync(user, id, execution);
        await client.SendAsync($$"""{"op":"subscribe","topic":"/{{new string('x', 300_000)}}"}""");
        await client.UntilAsync(heard => heard.Closed is not null, "the connection to be closed");
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, client.Closed!.Value.Status);
    }

    [Fact]
    [Contract("ours/rosbridge")]
    public async Task Page_of_this_server_needs_no_more_than_its_cookie()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await StartAsync(user, agents: 1, delay: 60);
        var address = ViewerClient.AddressOf(user.Address, id, execution, token: null);
        var page = user.Address.GetLeftPart(UriPartial.Authority);

        Assert.Equal(HttpStatusCode.SwitchingProtocols, await StatusAsync(address, page, user.Cookie!));
        // The cookie goes out for another port of the same host as well.
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(address, $"{page}0", user.Cookie!));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(address, origin: null, user.Cookie!));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(address, page, "refresh_token=made-up"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(new Uri($"{address}?access_token=no-token-of-ours"), page, user.Cookie!));
    }

    private static Task<HttpStatusCode> StatusAsync(Uri address, string? origin, string cookie) => ViewerClient.StatusAsync(address, options =>
    {
        options.SetRequestHeader("Cookie", cookie);
        if (origin is not null) options.SetRequestHeader("Origin", origin);
    });

    [Fact]
    [Contract("ours/rosbridge")]
    public async Task Client_that_does_not_read_loses_messages_and_is_told_while_another_gets_all()
    {
        using var user = await fixture.UserAsync();
        using var folder = new TempFolder();
        // 40 MB, so that they are not in the buffers of both ends.
        LargeMessages(folder["large"], count: 200, size: 200_000);
        var template = await TestBundle.UploadAsync(user, folder["large"], Plans.NewName());
        var (id, execution) = await StartAsync(user, template, agents: 1, new { delay = 4 });
        await using var slow = await ViewerClient.ConnectAsync(user, id, execution);
        await using var quick = await ViewerClient.ConnectAsync(user, id, execution);
        var raw = new JsonObject { ["compression"] = "cbor-raw" };

        await slow.SubscribeAsync("/turtle_001/large", raw);
        await quick.SubscribeAsync("/turtle_001/large", raw);
        await slow.StopReadingAsync();
        await quick.UntilAsync(heard => heard.Binary.Count == 200, "all messages at the client that reads");
        slow.ReadAgain();
        await slow.UntilAsync(heard => heard.Closed is not null, "the end of the run");

        Assert.InRange(slow.Binary.Count, 1, 199);
        var told = Assert.Single(slow.StatusesOf("warning"));
        Assert.StartsWith($"{200 - slow.Binary.Count} messages were left out", told, StringComparison.Ordinal);
        Assert.Empty(quick.StatusesOf("warning"));
    }

    [Fact]
    [Trait("Length", "Long")]
    [Contract("ours/rosbridge")]
    public async Task Agents_whose_worker_is_killed_are_heard_from_the_other_one()
    {
        const int agents = 50;
        await using var system = await TwoWorkers.StartAsync(fixture);
        var user = system.User;
        var (id, execution) = await StartAsync(user, agents, delay: 15, rate: 0.5);
        await using var client = await ViewerClient.ConnectAsync(user, id, execution);
        string[] topics = [.. Enumerable.Range(1, agents).Select(agent => $"/turtle_{agent:000}/turtle1/cmd_vel")];
        foreach (var topic in topics) await client.SubscribeAsync(topic);
        await client.UntilAsync(heard => topics.All(topic => heard.MessagesOf(topic).Length > 0), "every agent");

        await system.Victim.KillAsync();
        await client.UntilAsync(heard => heard.Closed is not null, "the end of the run");

        Assert.Equal("the run has ended", client.Closed!.Value.Reason);
        Assert.Single(client.Operations, operation => (string?)operation["op"] == "status" && ((string)operation["msg"]!).Contains("a worker was lost", StringComparison.Ordinal));
        var counts = topics.Select(topic => client.MessagesOf(topic).Length).ToArray();
        // Half of them were on the other worker all the time. Those of the lost one go on from what was saved last: some messages come twice, and what it had not handed over is missing.
        Assert.InRange(counts.Count(count => count == Messages), agents / 2, agents);
        Assert.All(counts, count => Assert.InRange(count, Messages * 3 / 4, 2 * Messages));
        using var recorded = new RecordedMessages(BagFixtures.Shared("turtlesim_cmd_vel"));
        Assert.All(topics, topic => Assert.Equal(recorded.Of("/turtle1/cmd_vel").Last().Text, RecordedMessages.TextOf(client.MessagesOf(topic)[^1])));
    }

    /// <summary>Starts a run whose agents begin after a while, so that there is time to subscribe.</summary>
    private static async Task<(long Simulation, long Execution)> StartAsync(ApiClient user, int agents, double delay = 3, double rate = 10) =>
        await StartAsync(user, await TestBundle.UploadAsync(user), agents, new { rate, delay });

    private static async Task<(long Simulation, long Execution)> StartAsync(ApiClient user, long template, int agents, object playback, string? identity = "turtle_{n:000}")
    {
        var id = await Plans.CreateAsync(user, PlanOf(template, agents, playback, identity));
        return (id, await ExecutionTests.StartAsync(user, id));
    }

    private static object PlanOf(long template, int agents, object playback, string? identity) =>
        Plans.Parallel(Plans.NewName(), new { templateId = template, autonomousAgentCount = agents, executionTime = 120, repeatCount = 1, playback, output = new { identity } });

    private static string[] Texts(JsonNode? texts) => [.. texts!.AsArray().Select(text => (string)text!)];

    /// <summary>A <c>std_msgs/msg/String</c>.</summary>
    private static byte[] TextPayload(int number)
    {
        byte[] text = [.. Encoding.ASCII.GetBytes($"message {number}"), 0];
        return [0, 1, 0, 0, .. BitConverter.GetBytes(text.Length), .. text];
    }

    private static void LargeMessages(string folder, int count, int size)
    {
        using var bag = BagWriter.Create(folder);
        var topic = bag.AddTopic(BagFixtures.Topic("/large"));
        for (var index = 0; index < count; index++) bag.Write(topic, 1_000_000_000L + (index * 10_000_000L), new byte[size]);
        bag.Complete();
    }
}
