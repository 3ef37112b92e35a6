using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Replay;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>Agents as VDA 5050 vehicles, driven over a broker by clients that are not ours.</summary>
public sealed class MqttVehicleTests
{
    private const string Turtle = "turtlesim_cmd_vel";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2.1", "uagv/v2", "CONNECTIONBROKEN")]
    [InlineData("3.0", "vda5050/v3", "CONNECTION_BROKEN")]
    public async Task Agents_are_vehicles_that_come_tell_their_state_and_go(string version, string prefix, string broken)
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("#", quality: 1);
        using var bag = new PlayedBag(Turtle);

        var status = Assert.Single(await bag.PlayAsync($"mqtt://127.0.0.1:{broker.Port}?format=vda5050&version={version}&manufacturer=acme&serial=turtle-{{n:000}}", agents: 3, rate: 5));
        await subscriber.UntilAsync(messages => messages.Count >= status.Counts.Out, "all messages");

        Assert.All(Enumerable.Range(1, 3), agent =>
        {
            var vehicle = $"{prefix}/acme/turtle-00{agent}";
            var connection = Of(subscriber, $"{vehicle}/connection");
            Assert.Equal(["ONLINE", "OFFLINE"], connection.Select(message => (string)message["connectionState"]!));
            Assert.NotEmpty(Of(subscriber, $"{vehicle}/state"));
            Assert.NotEmpty(Of(subscriber, $"{vehicle}/factsheet"));
            Assert.Contains(Of(subscriber, $"{vehicle}/state"), state => (bool)state["driving"]!);
        });
        Assert.DoesNotContain(subscriber.Messages, message => Encoding.UTF8.GetString(message.Payload).Contains(broken, StringComparison.Ordinal));
        Assert.Equal(subscriber.Messages.Count, status.Counts.Out);
        Assert.Contains(status.Warnings, warning => warning.Contains("no topic that tells where a vehicle is", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(BrokerKind.Mosquitto)]
    [InlineData(BrokerKind.MqttNet)]
    public async Task Vehicles_take_orders_and_pause_one_by_one(BrokerKind kind)
    {
        await using var broker = await Broker.StartAsync(kind);
        await using var subscriber = await broker.SubscribeAsync("#");
        using var bag = new PlayedBag(Turtle);
        ReplayCohort? cohort = null;
        await using var output = bag.Open($"mqtt://127.0.0.1:{broker.Port}?format=vda5050&manufacturer=acme&serial=t{{n}}", agents: 2, hold: (agent, isHeld) => cohort!.HoldAsync(agent, isHeld));
        await output.ReadyAsync(Cancellation);
        cohort = bag.Create(output, agents: 2, repeats: 1000);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));

        await broker.PublishAsync("uagv/v2/acme/t1/order", Order("order-1"));
        await broker.PublishAsync("uagv/v2/acme/t1/instantActions", Instant("startPause", "p1"));
        await StateAsync(subscriber, 1, state => (bool)state["paused"]! && (string)state["orderId"]! == "order-1" && state["nodeStates"]!.AsArray().Count == 2);
        var (held, other) = await CountsAsync(cohort);
        await Wait.UntilAsync(async () => (await CountsAsync(cohort)).Other > other + 2, TimeSpan.FromSeconds(20), "the other agent to play on");
        Assert.Equal(held, (await CountsAsync(cohort)).First);

        await cohort.PauseAsync();
        await cohort.PlayAsync(new Playback(TimeSpan.FromMinutes(5), Paused: false, 1, Seek: null));
        Assert.Equal(held, (await CountsAsync(cohort)).First);

        await broker.PublishAsync("uagv/v2/acme/t1/instantActions", Instant("stopPause", "p2"));
        await Wait.UntilAsync(async () => (await CountsAsync(cohort)).First > held, TimeSpan.FromSeconds(20), "the agent to go on");
        await broker.PublishAsync("uagv/v2/acme/t1/instantActions", Instant("cancelOrder", "c1"));
        await StateAsync(subscriber, 1, state => state["nodeStates"]!.AsArray().Count == 0 && state["actionStates"]!.AsArray().Any(action => (string)action!["actionId"]! == "c1" && (string)action["actionStatus"]! == "FINISHED"));
        await broker.PublishAsync("uagv/v2/acme/t2/order", "{\"nonsense\":true}");
        await StateAsync(subscriber, 2, state => state["errors"]!.AsArray().Count > 0);

        var saved = await output.SaveAsync();
        Assert.Equal([1L, 2], saved.Keys.Order());
        await cohort.StopAsync();
        await output.CompleteAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Vehicle_that_was_paused_elsewhere_stays_so()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("#");
        using var bag = new PlayedBag(Turtle);
        var endpoint = $"mqtt://127.0.0.1:{broker.Port}?format=vda5050&manufacturer=acme&serial=t{{n}}";
        IReadOnlyDictionary<long, byte[]> saved;
        await using (var first = bag.Open(endpoint, agents: 1))
        {
            await first.ReadyAsync(Cancellation);
            await broker.PublishAsync("uagv/v2/acme/t1/order", Order("order-1"));
            await broker.PublishAsync("uagv/v2/acme/t1/instantActions", Instant("startPause", "p1"));
            await StateAsync(subscriber, 1, state => (bool)state["paused"]!);
            saved = await first.SaveAsync();
        }

        var held = new TaskCompletionSource<(long, bool)>();
        await using var second = bag.Open(endpoint, agents: 1, hold: (agent, isHeld) => held.TrySetResult((agent, isHeld)), states: saved);
        await second.ReadyAsync(Cancellation);

        Assert.Equal((1L, true), await held.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        await StateAsync(subscriber, 1, state => (bool)state["paused"]! && (string)state["orderId"]! == "order-1" && (long)state["headerId"]! > 1);
    }

    private static async Task<(long First, long Other)> CountsAsync(ReplayCohort cohort)
    {
        var agents = (await cohort.SnapshotAsync()).Agents.OrderBy(agent => agent.InstanceId).ToArray();
        return (agents[0].MessagesOut, agents[1].MessagesOut);
    }

    private static Task StateAsync(Subscriber subscriber, int agent, Func<JsonNode, bool> condition) =>
        subscriber.UntilAsync(_ => Of(subscriber, $"uagv/v2/acme/t{agent}/state").LastOrDefault() is { } state && condition(state), $"the state of vehicle {agent}");

    private static JsonNode[] Of(Subscriber subscriber, string topic) =>
        [.. subscriber.Messages.Where(message => message.Topic == topic).Select(message => JsonNode.Parse(message.Payload)!)];

    private static string Order(string id) =>
        """
        {"headerId":1,"timestamp":"2026-11-29T00:00:00.000Z","version":"2.1.0","manufacturer":"acme","serialNumber":"t1","orderId":"ID","orderUpdateId":0,
        "nodes":[{"nodeId":"a","sequenceId":0,"released":true,"nodePosition":{"x":100,"y":100,"mapId":"map"},"actions":[]},
                 {"nodeId":"b","sequenceId":2,"released":true,"nodePosition":{"x":200,"y":100,"mapId":"map"},"actions":[]}],
        "edges":[{"edgeId":"ab","sequenceId":1,"released":true,"startNodeId":"a","endNodeId":"b","actions":[]}]}
        """.Replace("ID", id, StringComparison.Ordinal);

    private static string Instant(string type, string id) =>
        $$"""{"headerId":1,"timestamp":"2026-11-29T00:00:00.000Z","version":"2.1.0","manufacturer":"acme","serialNumber":"t1","actions":[{"actionType":"{{type}}","actionId":"{{id}}","blockingType":"NONE"}]}""";
}
