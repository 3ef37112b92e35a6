using System.Formats.Cbor;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>What agents put out arrives at clients of a broker that are not ours, and is counted as it arrives.</summary>
public sealed class MqttSinkTests
{
    private const string Turtle = "turtlesim_cmd_vel";

    public static TheoryData<BrokerKind, string, int> Deliveries
    {
        get
        {
            var deliveries = new TheoryData<BrokerKind, string, int>();
            foreach (var kind in Enum.GetValues<BrokerKind>())
            {
                deliveries.Add(kind, "qos=0", 0);
                deliveries.Add(kind, "qos=1", 1);
                deliveries.Add(kind, "qos=2", 2);
                deliveries.Add(kind, "connection=agent&qos=0", 0);
                deliveries.Add(kind, "connection=agent&qos=1&topic={topic}/of/{agent}/{n:000}", 1);
                deliveries.Add(kind, "connection=agent&qos=2", 2);
            }
            return deliveries;
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Deliveries))]
    public async Task Bag_of_three_agents_arrives_complete_in_order_and_byte_identical(BrokerKind kind, string options, int quality)
    {
        await using var broker = await Broker.StartAsync(kind);
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality);
        using var bag = new PlayedBag(Turtle);

        var status = Assert.Single(await bag.PlayAsync(broker.Address(options), agents: 3, rate: 50));
        await subscriber.UntilAsync(messages => Played(messages).Count == 3 * bag.Timeline.Count, "all messages");

        var recorded = RecordedPayloads();
        var byAgent = Played(subscriber.Messages).GroupBy(message => message.Topic).ToDictionary(group => group.Key, group => group.Select(message => message.Payload).ToArray());
        Assert.Equal(
            Enumerable.Range(1, 3).Select(agent => options.Contains("/of/", StringComparison.Ordinal) ? $"fleet/turtle1/cmd_vel/of/instance-7-{agent}/00{agent}" : $"fleet/7/instance-7-{agent}/turtle1/cmd_vel"),
            byAgent.Keys.Order(StringComparer.Ordinal));
        Assert.All(byAgent.Values, payloads => Assert.Equal(recorded, payloads));
        Assert.All(Played(subscriber.Messages), message => Assert.Equal((quality, "geometry_msgs/msg/Twist"), (message.Quality, message.Property("type"))));
        Assert.Equal(Enumerable.Range(0, recorded.Length), Played(subscriber.Messages).Where(message => message.Topic.Contains("-1", StringComparison.Ordinal)).Select(message => int.Parse(message.Property("seq"), CultureInfo.InvariantCulture)));
        var total = 3L * recorded.Length;
        Assert.Equal((total, quality > 0 ? total : 0, 0L, total * recorded[0].Length), (status.Counts.Out, status.Counts.Acknowledged, status.Counts.LostTotal, status.Counts.Bytes));
        Assert.Equal((total, quality > 0 ? total : 0), (status.HandedOver.Count, status.AcknowledgedAfter.Count));
    }

    /// <summary>Of one connection, mosquitto gives ten topics an alias each, MQTTnet's server every one.</summary>
    [Theory]
    [InlineData(BrokerKind.Mosquitto, "qos=0")]
    [InlineData(BrokerKind.Mosquitto, "qos=1&connection=agent")]
    [InlineData(BrokerKind.MqttNet, "qos=0")]
    [InlineData(BrokerKind.MqttNet, "qos=1&connection=agent")]
    public async Task Messages_of_many_topics_arrive_under_their_own_whatever_aliases_they_have(BrokerKind kind, string options)
    {
        await using var broker = await Broker.StartAsync(kind);
        await using var subscriber = await broker.SubscribeAsync("fleet/+/+/+", quality: 1);
        using var bag = new PlayedBag(PlayedBag.Numbers(20, perSecond: 200, topics: ["/even", "/odd"]));

        await bag.PlayAsync(broker.Address(options), agents: 20);
        await subscriber.UntilAsync(messages => Played(messages).Count >= 20 * 20, "all messages");

        var byTopic = Played(subscriber.Messages).GroupBy(message => message.Topic).ToDictionary(group => group.Key, group => group.Select(message => BitConverter.ToInt64(message.Payload, 4)));
        Assert.Equal(40, byTopic.Count);
        Assert.All(byTopic, topic => Assert.Equal(Enumerable.Range(0, 10).Select(number => (2L * number) + (topic.Key.EndsWith("/odd", StringComparison.Ordinal) ? 1 : 0)), topic.Value));
    }

    [Fact]
    public async Task Messages_become_json_with_their_fields()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync();
        using var bag = new PlayedBag(Turtle);

        await bag.PlayAsync(broker.Address("format=json&qos=1"), rate: 50);
        await subscriber.UntilAsync(messages => messages.Count == bag.Timeline.Count, "all messages");

        var first = JsonDocument.Parse(subscriber.Messages[0].Payload).RootElement;
        Assert.Equal(["angular", "linear"], first.EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
        Assert.Equal(JsonValueKind.Number, first.GetProperty("linear").GetProperty("x").ValueKind);
    }

    [Fact]
    public async Task Messages_become_cbor_with_their_fields()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync();
        using var bag = new PlayedBag(Turtle);

        await bag.PlayAsync(broker.Address("format=cbor&qos=1"), rate: 50);
        await subscriber.UntilAsync(messages => messages.Count == bag.Timeline.Count, "all messages");

        var reader = new CborReader(subscriber.Messages[0].Payload);
        Assert.Equal(2, reader.ReadStartMap());
        Assert.Equal("linear", reader.ReadTextString());
    }

    [Theory]
    [InlineData(BrokerKind.Mosquitto)]
    [InlineData(BrokerKind.MqttNet)]
    public async Task Agents_with_a_connection_of_their_own_tell_whether_they_are_there(BrokerKind kind)
    {
        await using var broker = await Broker.StartAsync(kind);
        await using var subscriber = await broker.SubscribeAsync("fleet/7/+/_status");
        using var bag = new PlayedBag(PlayedBag.Numbers(10, perSecond: 1000));

        await bag.PlayAsync(broker.Address("connection=agent"), agents: 2);
        await subscriber.UntilAsync(messages => messages.Count == 4, "both agents' coming and going");

        Assert.All(["instance-7-1", "instance-7-2"], agent => Assert.Equal(
            ["online", "offline"],
            subscriber.Messages.Where(message => message.Topic == $"fleet/7/{agent}/_status").Select(message => Encoding.UTF8.GetString(message.Payload))));
        await using var late = await broker.SubscribeAsync("fleet/7/+/_status");
        await late.UntilAsync(messages => messages.Count == 2 && messages.All(message => message.Retained && Encoding.UTF8.GetString(message.Payload) == "offline"), "what is retained");
    }

    [Theory]
    [InlineData(BrokerKind.Mosquitto)]
    [InlineData(BrokerKind.MqttNet)]
    public async Task Latched_topics_are_retained_and_others_are_not(BrokerKind kind)
    {
        await using var broker = await Broker.StartAsync(kind);
        var timeline = PlayedBag.Numbers(10, perSecond: 1000, topics: ["/map", "/odom"]);
        using var bag = new PlayedBag(new ReplayTimeline(
            [.. Enumerable.Range(0, 10).Select(index => index * 1_000_000L)], [.. Enumerable.Range(0, 10).Select(index => (ushort)(index % 2))], [.. Enumerable.Repeat(12, 10)],
            ["/map", "/odom"], 10_000_000, new Payloads(timeline))
        {
            Latched = [new LatchedTopic([0, 2, 4, 6, 8], 1, long.MaxValue)],
        });

        await bag.PlayAsync(broker.Address());
        await using var late = await broker.SubscribeAsync();

        await late.UntilAsync(messages => messages.Count > 0, "what is retained");
        var kept = Assert.Single(late.Messages);
        Assert.Equal(("fleet/7/instance-7-1/map", true, 8L), (kept.Topic, kept.Retained, BitConverter.ToInt64(kept.Payload, 4)));
    }

    [Fact]
    public async Task Broker_that_is_restarted_gets_every_message_at_least_once_and_what_came_twice_is_counted()
    {
        await using var broker = await Mosquitto.StartAsync($"max_inflight_messages 20\npersistence false");
        using var bag = new PlayedBag(PlayedBag.Numbers(2000, perSecond: 500));
        await using var output = bag.Open(broker.Address("qos=1&onFailure=wait&connection=agent&queue=4096"), agents: 20);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 20);
        var before = await broker.SubscribeAsync("fleet/#", quality: 1);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await before.UntilAsync(messages => messages.Count > 2000, "a part of the messages");

        await broker.KillAsync();
        await Wait.UntilAsync(() => output.Status()[0] is { Connected: 0, Error: not null }, TimeSpan.FromSeconds(10), "the loss to be seen");
        await broker.StartAgainAsync();
        await using var after = await broker.SubscribeAsync("fleet/#", quality: 1);
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(30));

        var counts = output.Status()[0].Counts;
        Assert.Equal((40_000L, 40_000L, 0L, 20L), (counts.Out, counts.Acknowledged, counts.LostTotal, counts.Reconnects));
        Assert.True(counts.Resent <= 20 * 20, $"{counts.Resent} were sent again");
        await before.DisposeAsync();
    }

    [Fact]
    public async Task Broker_that_goes_away_costs_what_is_due_meanwhile_and_that_is_counted()
    {
        await using var broker = await Mosquitto.StartAsync();
        using var bag = new PlayedBag(PlayedBag.Numbers(1000, perSecond: 500));
        await using var output = bag.Open(broker.Address(), agents: 2);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 2);
        await using var subscriber = await broker.SubscribeAsync();
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await subscriber.UntilAsync(messages => messages.Count > 200, "a part of the messages");

        await broker.KillAsync();
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(5));

        var counts = output.Status()[0].Counts;
        Assert.Equal(2000, counts.Out + counts.LostTotal);
        Assert.Equal(counts.LostTotal, counts.Lost[(int)LossReason.Disconnected]);
        Assert.InRange(counts.Out, subscriber.Messages.Count, 1990);
        Assert.Contains("nothing listens on 127.0.0.1", output.Status()[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broker_that_hangs_fills_one_queue_and_holds_up_nobody_else()
    {
        await using var hung = await Mosquitto.StartAsync();
        await using var well = await Mosquitto.StartAsync();
        await using var subscriber = await well.SubscribeAsync("fleet/7/instance-7-1/#");
        using var bag = new PlayedBag(PlayedBag.Numbers(500, perSecond: 250, size: 8000));
        await using var output = bag.Open($"{hung.Address("queue=64")} {well.Address()}", agents: 4);
        await output.ReadyAsync(Cancellation);
        await hung.SignalAsync("STOP");
        var cohort = bag.Create(output, agents: 4);

        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await subscriber.UntilAsync(messages => messages.Count == 500, "all messages at the other broker");
        await output.CompleteAsync(TimeSpan.FromSeconds(1));

        var (stuck, other) = (output.Status()[0].Counts, output.Status()[1].Counts);
        Assert.Equal((2000L, 0L), (other.Out, other.LostTotal));
        Assert.Equal(2000, stuck.Out + stuck.LostTotal);
        Assert.True(stuck.Lost[(int)LossReason.Backlog] > 100, $"{stuck.Lost[(int)LossReason.Backlog]} did not fit into the queue");
    }

    [Fact]
    public async Task What_a_broker_has_yet_to_read_when_agents_say_goodbye_arrives()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync();
        using var bag = new PlayedBag(PlayedBag.Numbers(100, perSecond: 1000));
        await using var output = bag.Open(broker.Address(), agents: 3);
        await output.ReadyAsync(Cancellation);
        await broker.SignalAsync("STOP");
        var cohort = bag.Create(output, agents: 3);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        var completing = output.CompleteAsync(TimeSpan.FromSeconds(10));
        await Wait.UntilAsync(() => output.Status()[0].Counts.Out == 300, TimeSpan.FromSeconds(10), "all messages to be with the network");
        await broker.SignalAsync("CONT");
        await completing;

        await subscriber.UntilAsync(messages => messages.Count == 300, "all messages");
    }

    [Fact]
    public async Task What_a_broker_that_hangs_has_not_acknowledged_at_the_end_is_counted()
    {
        await using var broker = await Mosquitto.StartAsync();
        using var bag = new PlayedBag(PlayedBag.Numbers(100, perSecond: 1000));
        await using var output = bag.Open(broker.Address("qos=1"), agents: 2);
        await output.ReadyAsync(Cancellation);
        await broker.SignalAsync("STOP");
        var cohort = bag.Create(output, agents: 2);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        await output.CompleteAsync(TimeSpan.FromSeconds(1));

        var counts = output.Status()[0].Counts;
        var (waiting, unacknowledged) = (counts.Lost[(int)LossReason.Ended], counts.Lost[(int)LossReason.Unacknowledged]);
        // Twenty may be on their way to this broker.
        Assert.Equal((20L, 0L, 20L, 180L), (counts.Out, counts.Acknowledged, unacknowledged, waiting));
    }

    [Theory]
    [InlineData(BrokerKind.Mosquitto)]
    [InlineData(BrokerKind.MqttNet)]
    public async Task What_a_broker_or_mqtt_cannot_take_is_counted_by_its_reason(BrokerKind kind)
    {
        await using var broker = await Broker.StartAsync(kind, maxPacketBytes: 2000);
        await using var subscriber = await broker.SubscribeAsync();
        using var bag = new PlayedBag(PlayedBag.Numbers(30, perSecond: 1000, size: 1000, topics: ["/a", "/with+plus", "/b"]));
        using var large = new PlayedBag(PlayedBag.Numbers(10, perSecond: 1000, size: 3000));

        var plus = Assert.Single(await bag.PlayAsync(broker.Address("qos=1"))).Counts;
        var tooLarge = Assert.Single(await large.PlayAsync(broker.Address("qos=1"))).Counts;
        var json = Assert.Single(await bag.PlayAsync(broker.Address("format=json"))).Counts;

        Assert.Equal((20L, 20L, 10L), (plus.Out, plus.Acknowledged, plus.Lost[(int)LossReason.Topic]));
        Assert.Equal((0L, 10L), (tooLarge.Out, tooLarge.Lost[(int)LossReason.TooLarge]));
        Assert.Equal((0L, 30L), (json.Out, json.Lost[(int)LossReason.Payload]));
    }

    private static IReadOnlyList<Received> Played(IReadOnlyList<Received> messages) => [.. messages.Where(message => !message.Topic.Contains("_status", StringComparison.Ordinal))];

    private static byte[][] RecordedPayloads()
    {
        using var folder = new TempFolder();
        using var bag = BagReader.Open(BagFixtures.CopyOf(Turtle, folder));
        var payloads = new List<byte[]>();
        foreach (var message in bag.ReadMessages()) payloads.Add(message.Data.ToArray());
        return [.. payloads];
    }

    private sealed class Payloads(ReplayTimeline timeline) : IPayloadSource
    {
        public async ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var payload = await timeline.ReadPayloadAsync(message, cancellationToken);
            payload.CopyTo(buffer);
            return payload.Length;
        }
    }
}
