using System.Text.Json.Nodes;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.RosMessages;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay.Rosbridge;

/// <summary>What agents put out arrives at npm roslib by way of a rosbridge server, and is counted.</summary>
public sealed class RosbridgeSinkTests
{
    private const string Turtle = "turtlesim_cmd_vel";
    private const string Twist = "geometry_msgs/msg/Twist";
    private const string Number = "std_msgs/msg/UInt64";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bag_of_three_agents_arrives_complete_in_order_and_with_every_field()
    {
        await using var server = await RosbridgeServer.StartAsync();
        string[] topics = [.. Enumerable.Range(1, 3).Select(agent => $"/fleet/instance_7_{agent}/turtle1/cmd_vel")];
        await using var listener = await server.ListenAsync(Twist, topics);
        using var bag = new PlayedBag(Turtle);

        var status = Assert.Single(await bag.PlayAsync(server.Address(), agents: 3, rate: 50));
        await listener.UntilAsync(messages => messages.Count == 3 * bag.Timeline.Count, "all messages");

        var recorded = RecordedMessages();
        var byTopic = listener.Lines.GroupBy(line => (string)line["topic"]!).ToDictionary(group => group.Key, group => group.Select(line => line["msg"]!).ToArray());
        Assert.Equal(topics, byTopic.Keys.Order(StringComparer.Ordinal));
        Assert.All(byTopic.Values, messages => Assert.Equal(recorded, messages, JsonNode.DeepEquals));
        await server.UntilAsync(_ => server.OperationsOf("closed").Any(closed => (int)closed["code"]! == 1000), "the end of the connection");
        var advertised = server.OperationsOf("advertise");
        Assert.Equal(topics, advertised.Select(operation => (string)operation["topic"]!).Order(StringComparer.Ordinal));
        Assert.All(advertised, operation => Assert.Equal((Twist, null), ((string)operation["type"]!, operation["latch"])));
        Assert.Equal(topics, server.OperationsOf("unadvertise").Select(operation => (string)operation["topic"]!).Order(StringComparer.Ordinal));
        var total = 3L * recorded.Length;
        Assert.Equal((total, 0L, 0L, total), (status.Counts.Out, status.Counts.Acknowledged, status.Counts.LostTotal, status.HandedOver.Count));
        Assert.InRange(status.Counts.Bytes, total * 50, total * 200);
        Assert.Empty(status.Warnings);
    }

    [Fact]
    public async Task Names_of_agents_and_topics_are_as_the_endpoint_says()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var bag = new PlayedBag(Numbers(2, perSecond: 100, "/odom", "/map")) { Payloads = new PayloadOptions { Identity = AgentPattern.Parse("robot-{n:000}") } };

        await bag.PlayAsync($"rosbridge://127.0.0.1:{server.Port}?topic={{agent}}/sim_{{simulation}}/{{topic}}/of_{{n}}", agents: 2);
        await server.UntilAsync(_ => server.OperationsOf("advertise").Length == 4, "all topics");

        Assert.Equal(
            ["/robot_001/sim_7/map/of_1", "/robot_001/sim_7/odom/of_1", "/robot_002/sim_7/map/of_2", "/robot_002/sim_7/odom/of_2"],
            server.OperationsOf("advertise").Select(operation => (string)operation["topic"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Latched_topics_are_advertised_as_such_and_shown_to_who_comes_late()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var bag = new PlayedBag(PlayedBag.Messages(
            Number, 1000, Enumerable.Range(0, 10).Select(number => $$"""{"data":{{number}}}"""), ["/map", "/odom"], new LatchedTopic([0, 2, 4, 6, 8], 1, long.MaxValue)));
        await using var output = bag.Open(server.Address(), agents: 1);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 1);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.DrainAsync([1], TimeSpan.FromSeconds(30));

        await using var late = await server.ListenAsync(Number, ["/fleet/instance_7_1/map", "/fleet/instance_7_1/odom"]);
        await late.UntilAsync(messages => messages.Count > 0, "what is latched");

        Assert.Equal(("/fleet/instance_7_1/map", 8), ((string)Assert.Single(late.Lines)["topic"]!, (int)late.Lines[0]["msg"]!["data"]!));
        await server.UntilAsync(_ => server.OperationsOf("advertise").Length == 2, "both topics");
        Assert.Equal([true, false], server.OperationsOf("advertise").OrderBy(operation => (string)operation["topic"]!, StringComparer.Ordinal).Select(operation => (bool?)operation["latch"] ?? false));
    }

    [Fact]
    public async Task Server_that_is_restarted_gets_what_was_put_out_meanwhile_if_that_waits()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var bag = new PlayedBag(Numbers(2000, perSecond: 500, "/numbers"));
        await using var output = bag.Open(server.Address("onFailure=wait"), agents: 3);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 3);
        string[] topics = [.. Enumerable.Range(1, 3).Select(agent => $"/fleet/instance_7_{agent}/numbers")];
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await Wait.UntilAsync(() => output.Status()[0].Counts.Out > 300, TimeSpan.FromSeconds(60), "a part of the messages");

        await server.KillAsync();
        await Wait.UntilAsync(() => output.Status()[0] is { Connected: 0, Error: not null }, TimeSpan.FromSeconds(30), "the loss to be seen");
        await server.StartAgainAsync();
        await using var after = await server.ListenAsync(Number, topics);
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(30));
        await after.UntilAsync(messages => topics.All(topic => messages.Any(message => (string)message["topic"]! == topic && (int)message["msg"]!["data"]! == 1999)), "the last messages");

        var counts = output.Status()[0].Counts;
        Assert.Equal((6000L, 0L, 1L, 0L), (counts.Out, counts.LostTotal, counts.Reconnects, counts.Resent));
        await server.UntilAsync(_ => server.OperationsOf("advertise").Length == 3, "all topics");
        Assert.All(after.Lines.GroupBy(line => (string)line["topic"]!), agent => Assert.Equal(
            Enumerable.Range((int)agent.First()["msg"]!["data"]!, agent.Count()), agent.Select(line => (int)line["msg"]!["data"]!)));
    }

    [Fact]
    public async Task Server_that_goes_away_costs_what_is_due_meanwhile_and_that_is_counted()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var bag = new PlayedBag(Numbers(1000, perSecond: 500, "/numbers"));
        await using var output = bag.Open(server.Address(), agents: 2);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 2);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await Wait.UntilAsync(() => output.Status()[0].Counts.Out > 200, TimeSpan.FromSeconds(60), "a part of the messages");

        await server.KillAsync();
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await Wait.UntilAsync(() => output.Status()[0].Error?.Contains("nothing listens on 127.0.0.1", StringComparison.Ordinal) == true, TimeSpan.FromSeconds(60), "the reason");
        await output.CompleteAsync(TimeSpan.FromSeconds(5));

        var counts = output.Status()[0].Counts;
        Assert.Equal(2000, counts.Out + counts.LostTotal);
        Assert.Equal(counts.LostTotal, counts.Lost[(int)LossReason.Disconnected]);
        Assert.InRange(counts.Out, 200, 1990);
    }

    [Fact]
    public async Task Server_that_stays_away_fails_the_run_if_that_is_asked_for()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var bag = new PlayedBag(Numbers(10, perSecond: 1000, "/numbers"));
        await using var output = bag.Open(server.Address("onFailure=fail&failAfter=1"), agents: 1);
        await output.ReadyAsync(Cancellation);
        Assert.Null(output.Failure);

        await server.KillAsync();
        await Wait.UntilAsync(() => output.Failure is not null, TimeSpan.FromSeconds(60), "the failure");

        Assert.StartsWith($"rosbridge://127.0.0.1:{server.Port}/fleet is away for more than 1 s: ", output.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_that_hangs_fills_one_queue_and_holds_up_nobody_else()
    {
        await using var hung = await RosbridgeServer.StartAsync();
        await using var well = await RosbridgeServer.StartAsync();
        await using var listener = await well.ListenAsync("std_msgs/msg/String", ["/fleet/instance_7_1/texts"]);
        using var bag = new PlayedBag(Texts(500, perSecond: 250, length: 16_000));
        await using var output = bag.Open($"{hung.Address("queue=64&keepAlive=3600")} {well.Address()}", agents: 4);
        await output.ReadyAsync(Cancellation);
        await hung.SignalAsync("STOP");
        var cohort = bag.Create(output, agents: 4);

        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await listener.UntilAsync(messages => messages.Count == 500, "all messages at the other server");
        await output.CompleteAsync(TimeSpan.FromSeconds(1));

        var (stuck, other) = (output.Status()[0].Counts, output.Status()[1].Counts);
        Assert.Equal((2000L, 0L), (other.Out, other.LostTotal));
        Assert.Equal(2000, stuck.Out + stuck.LostTotal);
        Assert.True(stuck.Lost[(int)LossReason.Backlog] > 100, $"{stuck.Lost[(int)LossReason.Backlog]} did not fit into the queue");
    }

    [Fact]
    public async Task Server_that_hangs_is_taken_for_lost_after_a_while()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var bag = new PlayedBag(Numbers(1, perSecond: 1000, "/numbers"));
        await using var output = bag.Open(server.Address("keepAlive=1"), agents: 1);
        await output.ReadyAsync(Cancellation);

        await server.SignalAsync("STOP");
        await Wait.UntilAsync(() => output.Status()[0] is { Connected: 0, Error: not null }, TimeSpan.FromSeconds(60), "the loss to be seen");
        await server.SignalAsync("CONT");
        await Wait.UntilAsync(() => output.Status()[0] is { Connected: 1, Error: null, Counts.Reconnects: >= 1 }, TimeSpan.FromSeconds(60), "the connection");
    }

    [Fact]
    public async Task What_a_server_has_yet_to_read_when_agents_say_goodbye_arrives()
    {
        await using var server = await RosbridgeServer.StartAsync();
        await using var listener = await server.ListenAsync(Number, ["/fleet/instance_7_1/numbers"]);
        using var bag = new PlayedBag(Numbers(300, perSecond: 3000, "/numbers"));
        await using var output = bag.Open(server.Address(), agents: 1);
        await output.ReadyAsync(Cancellation);
        await server.SignalAsync("STOP");
        var cohort = bag.Create(output, agents: 1);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        var completing = output.CompleteAsync(TimeSpan.FromSeconds(10));
        await Wait.UntilAsync(() => output.Status()[0].Counts.Out == 300, TimeSpan.FromSeconds(30), "all messages to be with the network");
        await server.SignalAsync("CONT");
        await completing;

        await listener.UntilAsync(messages => messages.Count == 300, "all messages");
    }

    [Fact]
    public async Task Subscriber_that_is_slower_than_the_agents_holds_up_nobody()
    {
        await using var server = await RosbridgeServer.StartAsync();
        await using var slow = await server.ListenAsync(Number, ["/fleet/instance_7_1/numbers"], pause: 20);
        await using var listener = await server.ListenAsync(Number, ["/fleet/instance_7_1/numbers"]);
        using var bag = new PlayedBag(Numbers(500, perSecond: 1000, "/numbers"));

        var counts = Assert.Single(await bag.PlayAsync(server.Address())).Counts;
        await listener.UntilAsync(messages => messages.Count == 500, "all messages");

        Assert.Equal((500L, 0L), (counts.Out, counts.LostTotal));
        await slow.UntilAsync(messages => messages.Count == 500, "all messages at the slow one");
        Assert.Equal(Enumerable.Range(0, 500), slow.Lines.Select(line => (int)line["msg"]!["data"]!));
    }

    [Fact]
    public async Task Numbers_that_JSON_has_no_form_for_are_sent_as_servers_read_them()
    {
        await using var server = await RosbridgeServer.StartAsync(new JsonObject { ["echo"] = true });
        await using var listener = await server.ListenAsync("sensor_msgs/msg/LaserScan", ["/fleet/instance_7_1/scan"]);
        using var scan = new PlayedBag(PlayedBag.Messages("sensor_msgs/msg/LaserScan", 100, ["""{"ranges":[1.5,"Infinity","-Infinity","NaN"],"range_max":"Infinity"}"""], ["/scan"]));
        using var large = new PlayedBag(PlayedBag.Messages("std_msgs/msg/Int64MultiArray", 100, ["""{"data":["9007199254740993","-9223372036854775808",5]}"""], ["/large"]));
        using var bytes = new PlayedBag(PlayedBag.Messages("std_msgs/msg/ByteMultiArray", 100, ["""{"data":"AQL/"}"""], ["/bytes"]));
        using var image = new PlayedBag(PlayedBag.Messages("sensor_msgs/msg/CompressedImage", 100, ["""{"format":"\"jpeg\"","data":"AQL/"}"""], ["/image"]));

        foreach (var bag in new[] { scan, large, bytes, image }) Assert.Equal(1, Assert.Single(await bag.PlayAsync(server.Address())).Counts.Out);
        await listener.UntilAsync(messages => messages.Count == 1, "the scan");
        await server.UntilAsync(_ => server.OperationsOf("text").Length >= 4, "all texts");

        string[] texts = [.. server.OperationsOf("text").Select(operation => (string)operation["text"]!)];
        Assert.StartsWith("""{"op":"publish","topic":"/fleet/instance_7_1/scan","msg":{"header":""", texts[0], StringComparison.Ordinal);
        Assert.Contains("""range_max":1e999,"ranges":[1.5,1e999,-1e999,NaN]""", texts[0], StringComparison.Ordinal);
        Assert.Contains("""data":[9007199254740993,-9223372036854775808,5]""", texts[1], StringComparison.Ordinal);
        Assert.Contains("""data":[1,2,255]""", texts[2], StringComparison.Ordinal);
        Assert.Contains(""","format":"\"jpeg\"","data":"AQL/"}""", texts[3], StringComparison.Ordinal);
        Assert.Equal("[1.5,null,null,null]", listener.Lines[0]["msg"]!["ranges"]!.ToJsonString());
    }

    [Fact]
    public async Task Payloads_are_changed_as_the_run_says()
    {
        await using var server = await RosbridgeServer.StartAsync();
        await using var listener = await server.ListenAsync("geometry_msgs/msg/PointStamped", ["/fleet/robot_001/point", "/fleet/robot_002/point"]);
        using var bag = new PlayedBag(PlayedBag.Messages("geometry_msgs/msg/PointStamped", 100, ["""{"header":{"stamp":{"sec":5},"frame_id":"base_link"},"point":{"x":1}}"""], ["/point"]))
        {
            Payloads = new PayloadOptions { Identity = AgentPattern.Parse("robot_{n:000}"), Stamps = StampMode.Now },
        };
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        await bag.PlayAsync(server.Address(), agents: 2);
        await listener.UntilAsync(messages => messages.Count == 2, "both messages");

        var messages = listener.Lines.OrderBy(line => (string)line["topic"]!, StringComparer.Ordinal).Select(line => line["msg"]!).ToArray();
        Assert.Equal(["robot_001/base_link", "robot_002/base_link"], messages.Select(message => (string)message["header"]!["frame_id"]!));
        Assert.All(messages, message => Assert.InRange((long)message["header"]!["stamp"]!["sec"]!, before - 1, before + 120));
    }

    [Fact]
    public async Task What_rosbridge_cannot_take_is_counted_by_its_reason_and_told()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var names = new PlayedBag(Numbers(30, perSecond: 1000, "/a", "/with-dash", "/b"));
        using var large = new PlayedBag(Texts(10, perSecond: 1000, length: 3000));
        using var unknown = new PlayedBag(PlayedBag.Numbers(10, perSecond: 1000));

        var dash = Assert.Single(await names.PlayAsync(server.Address()));
        var tooLarge = Assert.Single(await large.PlayAsync(server.Address("maxMessageSize=2000")));
        var undefined = Assert.Single(await unknown.PlayAsync(server.Address()));

        Assert.Equal((20L, 10L), (dash.Counts.Out, dash.Counts.Lost[(int)LossReason.Topic]));
        Assert.Equal("topics such as '/fleet/instance_7_1/with-dash' are left out: the name holds '-': names of ROS have letters, digits, '_' and '/' alone", Assert.Single(dash.Warnings));
        Assert.Equal((0L, 10L), (tooLarge.Counts.Out, tooLarge.Counts.Lost[(int)LossReason.TooLarge]));
        Assert.Equal((0L, 10L), (undefined.Counts.Out, undefined.Counts.Lost[(int)LossReason.Payload]));
        Assert.Equal("/numbers cannot be published as JSON: its type is not known", Assert.Single(undefined.Warnings));
    }

    [Fact]
    public async Task Errors_that_the_server_tells_are_told()
    {
        await using var server = await RosbridgeServer.StartAsync(new JsonObject { ["unknownTypes"] = new JsonArray(Number), ["maxPayload"] = 20_000 });
        using var bag = new PlayedBag(Numbers(100, perSecond: 1000, "/numbers"));
        using var large = new PlayedBag(Texts(300, perSecond: 2000, length: 30_000));
        await using var output = bag.Open(server.Address(), agents: 1);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 1);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));

        await Wait.UntilAsync(() => output.Status()[0].Warnings.Count == 2, TimeSpan.FromSeconds(60), "what the server says");
        Assert.Equal(
            ["the server says: advertise: Unable to load the type std_msgs/msg/UInt64", "the server says: publish: the topic /fleet/instance_7_1/numbers is not advertised"],
            output.Status()[0].Warnings);

        await using var closed = large.Open(server.Address(), agents: 1);
        await closed.ReadyAsync(Cancellation);
        await large.Create(closed, agents: 1).BeginAsync(TimeSpan.FromMinutes(5));
        await Wait.UntilAsync(() => closed.Status()[0].Error?.StartsWith("the server closed the connection: 1009", StringComparison.Ordinal) == true, TimeSpan.FromSeconds(60), "the reason");
    }

    [Fact]
    public async Task What_never_reached_the_server_is_published_first_and_in_order_elsewhere()
    {
        const int messages = 100;
        await using var server = await RosbridgeServer.StartAsync();
        await server.KillAsync();
        using var bag = new PlayedBag(Numbers(messages, perSecond: 2000, "/numbers"));
        IReadOnlyDictionary<long, AgentPublished[]> first;
        await using (var lost = bag.Open(server.Address("onFailure=wait"), agents: 2))
        {
            var cohort = bag.Create(lost, agents: 2);
            await cohort.BeginAsync(TimeSpan.FromMinutes(5));
            await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
            first = (await cohort.SnapshotAsync(withPublished: true)).Published;
        }
        await server.StartAgainAsync();
        await using var listener = await server.ListenAsync(Number, ["/fleet/instance_7_1/numbers", "/fleet/instance_7_2/numbers"]);

        await using var output = bag.Open(server.Address("onFailure=wait"), agents: 2, published: first);
        await output.ReadyAsync(Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(30));
        await listener.UntilAsync(heard => heard.Count == messages * 2, "all messages");

        Assert.All(first.Values, agent => Assert.Equal((0L, new MessageRun(0, 0, messages)), (agent[0].Counts.Out, Assert.Single(agent[0].Pending.Waiting))));
        Assert.All(listener.Lines.GroupBy(line => (string)line["topic"]!), agent => Assert.Equal(Enumerable.Range(0, messages), agent.Select(line => (int)line["msg"]!["data"]!)));
        var counts = output.Status()[0].Counts;
        Assert.Equal((messages * 2, messages * 2, 0L), (counts.Out, counts.Resent, counts.LostTotal));
        Assert.All([1, 2], agent => Assert.True(output.PublishedBy(agent)![0].Pending.IsEmpty));
    }

    [Fact]
    public async Task Agents_that_are_frozen_publish_nothing_until_nobody_else_does()
    {
        const int messages = 50;
        await using var server = await RosbridgeServer.StartAsync();
        await using var listener = await server.ListenAsync(Number, ["/fleet/instance_7_1/numbers", "/fleet/instance_7_2/numbers"]);
        using var bag = new PlayedBag(Numbers(messages, perSecond: 2000, "/numbers"));
        await using var output = bag.Open(server.Address(), agents: 2);
        await output.ReadyAsync(Cancellation);
        await output.FreezeAsync([1]);
        var cohort = bag.Create(output, agents: 2);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.DrainAsync([1, 2], TimeSpan.FromSeconds(30));
        await listener.UntilAsync(heard => heard.Count == messages, "the other's messages");
        Assert.Equal((0L, new MessageRun(0, 0, messages)), (output.PublishedBy(1)![0].Counts.Out, Assert.Single(output.PublishedBy(1)![0].Pending.Waiting)));
        Assert.All(listener.Lines, line => Assert.Equal("/fleet/instance_7_2/numbers", (string)line["topic"]!));

        output.Unfreeze([1]);
        await output.CompleteAsync(TimeSpan.FromSeconds(30));
        await listener.UntilAsync(heard => heard.Count == 2 * messages, "what was frozen");

        Assert.Equal(Enumerable.Range(0, messages), listener.Lines.Skip(messages).Select(line => (int)line["msg"]!["data"]!));
        Assert.Equal((2L * messages, 0L), (output.Status()[0].Counts.Out, output.Status()[0].Counts.LostTotal));
    }

    [Fact]
    public async Task Topics_of_agents_that_leave_are_taken_back()
    {
        await using var server = await RosbridgeServer.StartAsync();
        using var bag = new PlayedBag(Numbers(1, perSecond: 1000, "/numbers"));
        await using var output = bag.Open(server.Address(), agents: 2);
        await output.ReadyAsync(Cancellation);

        await output.RemoveAsync([2]);
        await server.UntilAsync(_ => server.OperationsOf("unadvertise").Length > 0, "the topic to be taken back");

        Assert.Equal("/fleet/instance_7_2/numbers", (string)Assert.Single(server.OperationsOf("unadvertise"))["topic"]!);
    }

    private static ReplayTimeline Numbers(int count, double perSecond, params string[] topics) =>
        PlayedBag.Messages(Number, perSecond, Enumerable.Range(0, count).Select(number => $$"""{"data":{{number}}}"""), topics);

    private static ReplayTimeline Texts(int count, double perSecond, int length) =>
        PlayedBag.Messages("std_msgs/msg/String", perSecond, Enumerable.Repeat($$"""{"data":"{{new string('x', length)}}"}""", count), ["/texts"]);

    private static JsonNode[] RecordedMessages()
    {
        using var folder = new TempFolder();
        using var bag = BagReader.Open(BagFixtures.CopyOf(Turtle, folder));
        var codec = new MessageCodec(TestTypes.Find(Twist));
        var messages = new List<JsonNode>();
        foreach (var message in bag.ReadMessages()) messages.Add(JsonNode.Parse(MessageCodecTests.Json(codec, message.Data.ToArray()))!);
        return [.. messages];
    }
}
