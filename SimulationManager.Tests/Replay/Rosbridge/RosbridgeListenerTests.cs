using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Replay.Listening;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Replay.Rosbridge;

/// <summary>What a rosbridge server sends is heard as it comes: serialized by ROS where it can, else as JSON.</summary>
public sealed class RosbridgeListenerTests
{
    private const string Turtle = "turtlesim_cmd_vel";
    private const string Topic = "/fleet/instance_7_1/turtle1/cmd_vel";

    [Theory]
    [InlineData("geometry_msgs/msg/Twist")]
    [InlineData(null)]
    public async Task Server_that_sends_what_ROS_serializes_is_heard_byte_for_byte(string? type)
    {
        // Who names no type is refused until the topic is there, and asks again.
        await using var server = await RosbridgeServer.StartAsync(new JsonObject { ["raw"] = true, ["strict"] = true });
        await using var ear = await Ear.ListenAsync(Address(server), type is null ? Topic : $"{Topic} {type}");
        using var bag = new PlayedBag(Turtle);
        if (type is null)
        {
            await bag.PlayAsync(server.Address(), agents: 1, rate: 50);
            await server.UntilAsync(operations => operations.Count(operation => (string?)operation["op"] == "subscribe") >= 3, "it to ask again");
        }

        await bag.PlayAsync(server.Address(), agents: 1, rate: 50);
        await ear.UntilHeardAsync(bag.Timeline.Count);

        Assert.Equal(RecordedPayloads(), ear.Messages.Select(message => Convert.ToHexString(message.Payload.Span)));
        Assert.Equal((Topic, type ?? "", "cdr"), ear.Messages.Select(message => (message.Topic.Name, message.Topic.Type, message.Topic.Encoding)).Distinct().Single());
    }

    [Fact]
    public async Task Server_that_sends_JSON_is_heard_as_it_says_it()
    {
        await using var server = await RosbridgeServer.StartAsync(new JsonObject { ["echo"] = true });
        await using var ear = await Ear.ListenAsync(Address(server), $"{Topic} geometry_msgs/msg/Twist");
        using var bag = new PlayedBag(Turtle);

        await bag.PlayAsync(server.Address(), agents: 1, rate: 50);
        await ear.UntilHeardAsync(bag.Timeline.Count);

        var published = server.OperationsOf("text").Select(line => JsonNode.Parse((string)line["text"]!)!["msg"]!.ToJsonString());
        Assert.Equal(published, ear.Messages.Select(message => JsonNode.Parse(Encoding.UTF8.GetString(message.Payload.Span))!.ToJsonString()));
        Assert.Equal((Topic, "geometry_msgs/msg/Twist", "json"), ear.Messages.Select(message => (message.Topic.Name, message.Topic.Type, message.Topic.Encoding)).Distinct().Single());
    }

    [Fact]
    public async Task Server_that_goes_away_is_told_and_heard_again_when_it_is_back()
    {
        await using var server = await RosbridgeServer.StartAsync();
        await using var ear = await Ear.ListenAsync(Address(server), $"{Topic} geometry_msgs/msg/Twist");

        await server.KillAsync();
        await ear.UntilAsync(() => !ear.Listener.Status.IsSubscribed, "the loss to be noticed");
        await server.StartAgainAsync();
        await ear.UntilSubscribedAsync();
        using var bag = new PlayedBag(Turtle);
        await bag.PlayAsync(server.Address(), agents: 1, rate: 50);
        await ear.UntilHeardAsync(bag.Timeline.Count);

        Assert.Single(ear.Listener.TakeGaps(DateTimeOffset.UtcNow));
        Assert.Equal((1L, null), (ear.Listener.Status.Reconnects, ear.Listener.Status.Error));
    }

    [Fact]
    public async Task Nobody_there_and_who_is_not_let_in_are_told()
    {
        await using var server = await RosbridgeServer.StartAsync(new JsonObject { ["authorization"] = "Bearer right" });

        await using var nobody = Ear.Open($"rosbridge://127.0.0.1:{FreePorts.Draw()}", ["/a"]);
        await using var anonymous = Ear.Open(Address(server), ["/a"]);
        await using var right = Ear.Open($"{Address(server)}?credentials=given", ["/a"], new SinkCredentials { Password = "right" });

        await nobody.UntilErrorAsync("nothing listens on");
        await anonymous.UntilErrorAsync("the server does not let this client in");
        await right.UntilSubscribedAsync();
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("a0", false)]
    [InlineData("ff00ff", false)]
    [InlineData("a2626f70677075626c697368636d7367a0", false)]
    [InlineData("a265746f706963622f61636d7367a1656279746573420102", true)]
    public void Binary_messages_that_are_none_are_told_apart(string hex, bool isOne)
    {
        var read = RosbridgeSubscription.ReadRaw(Convert.FromHexString(hex));

        Assert.Equal(isOne, read is { Topic: "/a", Bytes: [1, 2] });
        Assert.Equal(isOne, read is not null);
    }

    [Theory]
    [InlineData("/odom", null)]
    [InlineData("/odom nav_msgs/msg/Odometry", null)]
    [InlineData("/robot_*/odom", "rosbridge knows no patterns")]
    [InlineData("odom", "must begin with '/'")]
    [InlineData("/odom Odometry", "is no type such as")]
    [InlineData("/odom a/msg/B c", "must be a topic's name")]
    public void Names_and_types_are_checked(string topic, string? problem)
    {
        var found = OutputEndpoint.ParseAll(["rosbridge://host"]).Single().ProblemOfSubscription(topic);

        if (problem is null) Assert.Null(found);
        else Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    private static string Address(RosbridgeServer server) => $"rosbridge://127.0.0.1:{server.Port}";

    private static List<string> RecordedPayloads()
    {
        using var bag = BagReader.Open(Scenario.BagFolder(Turtle));
        var payloads = new List<string>();
        foreach (var message in bag.ReadMessages()) payloads.Add(Convert.ToHexString(message.Data));
        return payloads;
    }
}
