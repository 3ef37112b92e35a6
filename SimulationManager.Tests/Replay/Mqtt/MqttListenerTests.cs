using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SimulationManager.Replay;
using SimulationManager.Tests.Replay.Listening;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>What is published at a broker is heard byte for byte, and what goes wrong there is told and harms nobody.</summary>
public sealed class MqttListenerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(BrokerKind.Mosquitto)]
    [InlineData(BrokerKind.MqttNet)]
    public async Task What_matches_the_filters_is_heard_byte_for_byte_with_what_it_is(BrokerKind kind)
    {
        await using var broker = await Broker.StartAsync(kind);
        await using var ear = await Ear.ListenAsync(Address(broker), "fleet/+/cmd", "status/#");
        var noise = new byte[100_000];
        new Random(1).NextBytes(noise);

        await broker.PublishAsync("fleet/7/cmd", """{"speed":1.5}""");
        await broker.PublishAsync("fleet/7/other", "not asked for");
        await broker.PublishAsync("status/a/b", noise, "-q", "2");
        await broker.PublishAsync("status/a/b", [0, 1, 0, 0, 1, 2, 3, 4], "-q", "1", "-D", "publish", "user-property", "type", "std_msgs/msg/Int32");
        await broker.PublishAsync("status", [0xff], "-q", "1");
        await broker.PublishAsync("status/a/b", """{"cut":""");
        await ear.UntilHeardAsync(5);

        Assert.Equal(
            [("fleet/7/cmd", "", "json"), ("status/a/b", "", "application/octet-stream"), ("status/a/b", "std_msgs/msg/Int32", "cdr"), ("status", "", "application/octet-stream"), ("status/a/b", "", "application/octet-stream")],
            ear.Messages.Select(message => (message.Topic.Name, message.Topic.Type, message.Topic.Encoding)));
        Assert.Equal(noise, ear.Messages[1].Payload.ToArray());
        Assert.Equal("""{"speed":1.5}"""u8.ToArray(), ear.Messages[0].Payload.ToArray());
        Assert.Equal((0L, 0L), (ear.Heard.Missed, ear.Listener.Status.Reconnects));
    }

    [Fact]
    public async Task Broker_that_goes_away_is_told_and_heard_again_when_it_is_back()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var ear = await Ear.ListenAsync(Address(broker), "#");
        await broker.PublishAsync("a", "1");
        await ear.UntilHeardAsync(1);

        await broker.KillAsync();
        await ear.UntilAsync(() => !ear.Listener.Status.IsSubscribed && ear.Listener.Status.Error is not null, "the loss to be noticed");
        await broker.StartAgainAsync();
        await ear.UntilSubscribedAsync();
        await broker.PublishAsync("a", "2");
        await ear.UntilHeardAsync(2);

        var gap = Assert.Single(ear.Listener.TakeGaps(DateTimeOffset.UtcNow));
        Assert.True(gap.From < gap.To && gap.Reason is not null);
        Assert.Equal((1L, null), (ear.Listener.Status.Reconnects, ear.Listener.Status.Error));
        Assert.Empty(ear.Listener.TakeGaps(DateTimeOffset.UtcNow));
    }

    [Fact]
    public async Task Nobody_there_and_wrong_credentials_are_told()
    {
        await using var broker = await Mosquitto.StartAsync();
        broker.AddUsers(("fleet", "right"));
        await broker.StartAgainAsync();

        await using var nobody = Ear.Open($"mqtt://127.0.0.1:{FreePorts.Draw()}", ["#"]);
        await using var anonymous = Ear.Open(Address(broker), ["#"]);
        await using var wrong = Ear.Open($"{Address(broker)}?credentials=given", ["#"], new SinkCredentials { Username = "fleet", Password = "wrong" });
        await using var right = Ear.Open($"{Address(broker)}?credentials=given", ["#"], new SinkCredentials { Username = "fleet", Password = "right" });

        await nobody.UntilErrorAsync("nothing listens on");
        await anonymous.UntilErrorAsync("the endpoint names no credentials");
        await wrong.UntilErrorAsync("of the credentials 'given'");
        await right.UntilSubscribedAsync();
        Assert.Null(nobody.Listener.Status.Since);
    }

    [Fact]
    public async Task Topics_that_a_broker_refuses_are_named()
    {
        await using var hostile = new HostileBroker([Publish("fine"u8, "1"u8)], granted: 0x87);
        await using var ear = Ear.Open($"mqtt://127.0.0.1:{hostile.Port}", ["secret/#"]);

        await ear.UntilErrorAsync("the broker does not let this client subscribe to secret/# (NotAuthorized)");
        await ear.UntilHeardAsync(1);
    }

    [Fact]
    public async Task Flood_is_bounded_and_what_does_not_fit_is_counted_as_missed()
    {
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0");
        await using var ear = Ear.Open(Address(broker), ["#"], maxBytes: 100_000);
        await ear.UntilSubscribedAsync();

        for (var message = 0; message < 20; message++) await broker.PublishAsync("flood", new byte[10_000], "-q", "1");
        await ear.UntilAsync(() => ear.Heard.Missed >= 10, "missed messages");

        Assert.Equal((10, 10L, 10L), (ear.Messages.Count, ear.Heard.Missed, ear.Heard.Topics.Single().TakeMissed()));
        await broker.PublishAsync("flood", "again");
        await ear.UntilHeardAsync(11);
    }

    [Fact]
    public async Task Topics_without_end_are_bounded()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var ear = await Ear.ListenAsync(Address(broker), "#");

        using (var publisher = new MQTTnet.MqttClientFactory().CreateMqttClient())
        {
            await publisher.ConnectAsync(new MQTTnet.MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", broker.Port).Build(), Cancellation);
            for (var topic = 0; topic < HeardMessages.MaxTopics + 5; topic++)
                await publisher.PublishAsync(new MQTTnet.MqttApplicationMessageBuilder().WithTopic($"topic/{topic}").WithPayload("1").WithQualityOfServiceLevel(MQTTnet.Protocol.MqttQualityOfServiceLevel.AtLeastOnce).Build(), Cancellation);
        }
        await ear.UntilHeardAsync(HeardMessages.MaxTopics);
        await ear.UntilAsync(() => ear.Heard.Missed == 5, "the topics that are too many");

        Assert.Equal((HeardMessages.MaxTopics, 5L), (ear.Heard.Topics.Count, ear.Heard.TakeMissedElsewhere()));
    }

    [Fact]
    public async Task Broker_that_sends_garbage_is_lost_and_connected_to_again()
    {
        // Topic with U+0000 and one that is no UTF-8: the first is missed, the second ends the connection or is missed.
        await using var hostile = new HostileBroker([Publish("a\0b"u8, "1"u8), Publish("fine"u8, "2"u8), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]);
        await using var ear = Ear.Open($"mqtt://127.0.0.1:{hostile.Port}", ["#"]);

        await ear.UntilHeardAsync(2);
        await ear.UntilAsync(() => ear.Listener.Status.Reconnects >= 1, "a new connection");

        Assert.All(ear.Messages, message => Assert.Equal("fine", message.Topic.Name));
        Assert.True(ear.Heard.TakeMissedElsewhere() >= 1);
    }

    [Theory]
    [InlineData("fleet/+/cmd", null)]
    [InlineData("#", null)]
    [InlineData("/a//b", null)]
    [InlineData("$SYS/broker/load", null)]
    [InlineData("", "is empty")]
    [InlineData("a+/b", "is not a whole level")]
    [InlineData("#/a", "is not its last level")]
    [InlineData("a#", "is not its last level")]
    [InlineData("a\u0001", "holds a control character")]
    [InlineData("$share/group/a", "takes messages away")]
    public void Filters_are_checked(string filter, string? problem)
    {
        var found = OutputEndpoint.ParseAll(["mqtt://host"]).Single().ProblemOfSubscription(filter);

        if (problem is null) Assert.Null(found);
        else Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    private static string Address(Broker broker) => $"mqtt://127.0.0.1:{broker.Port}";

    private static byte[] Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)topic.Length);
        // QoS 0, no properties.
        return [0x30, (byte)(2 + topic.Length + 1 + payload.Length), .. length, .. topic, 0, .. payload];
    }

    /// <summary>Lets every client in, grants its subscription, and sends what it was told to.</summary>
    private sealed class HostileBroker : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly byte[][] _packets;
        private readonly byte _granted;
        private readonly Task _serving;

        public HostileBroker(byte[][] packets, byte granted = 1)
        {
            (_packets, _granted) = (packets, granted);
            _listener.Start();
            _serving = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    var buffer = new byte[4096];
                    if (await stream.ReadAsync(buffer) == 0) continue;
                    await stream.WriteAsync((byte[])[0x20, 3, 0, 0, 0]);
                    if (await stream.ReadAsync(buffer) == 0) continue;
                    await stream.WriteAsync((byte[])[0x90, 4, buffer[2], buffer[3], 0, _granted]);
                    foreach (var packet in _packets) await stream.WriteAsync(packet);
                    // Until the client has had enough.
                    while (await stream.ReadAsync(buffer) > 0)
                    {
                    }
                }
            }
            catch (Exception exception) when (exception is SocketException or InvalidOperationException or IOException)
            {
            }
        }
    }
}
