using System.Buffers;
using System.Net;
using System.Net.NetworkInformation;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using SimulationManager.LocalMqtt;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.LocalMqtt;

/// <summary>The built-in broker, driven by MQTTnet's client and, where that one is too well-behaved, byte for byte.</summary>
public sealed class BrokerTests : IAsyncLifetime
{
    private const int MaxPacketBytes = 100_000;
    private const int MaxRetainedBytes = 50_000;
    private const int MaxClients = 4;
    private const int MaxPendingMessages = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly int _port = FreePorts.Draw();
    private readonly List<IMqttClient> _clients = [];
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private WebApplication _broker = null!;

    /// <summary>What is not delivered is not waited for without end.</summary>
    private CancellationToken Cancel => _limit.Token;

    public async ValueTask InitializeAsync()
    {
        _broker = SimulationManager.LocalMqtt.Program.Build(new MqttBrokerOptions
        {
            Port = _port,
            MaxPacketBytes = MaxPacketBytes,
            MaxRetainedBytes = MaxRetainedBytes,
            MaxClients = MaxClients,
            MaxPendingMessages = MaxPendingMessages,
        });
        await _broker.StartAsync(Cancel);
        _limit.CancelAfter(2 * Patience);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        await _broker.DisposeAsync();
        _limit.Dispose();
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311, MqttQualityOfServiceLevel.AtMostOnce)]
    [InlineData(MqttProtocolVersion.V500, MqttQualityOfServiceLevel.AtMostOnce)]
    [InlineData(MqttProtocolVersion.V500, MqttQualityOfServiceLevel.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V500, MqttQualityOfServiceLevel.ExactlyOnce)]
    public async Task Published_messages_reach_the_subscriber_byte_for_byte_and_in_order(MqttProtocolVersion version, MqttQualityOfServiceLevel quality)
    {
        var (subscriber, received) = await SubscribeAsync("robots/+/odom", quality, version);
        var publisher = await ConnectAsync(version);
        byte[][] payloads = [[], [0, 255, 10], new byte[70_000], "끝"u8.ToArray()];
        Random.Shared.NextBytes(payloads[2]);

        foreach (var payload in payloads) await PublishAsync(publisher, "robots/1/odom", payload, quality);

        foreach (var payload in payloads) Assert.Equal(payload, (await received.ReadAsync(Cancel)).Payload.ToArray());
        Assert.True(subscriber.IsConnected);
    }

    [Fact]
    public async Task Retained_message_is_there_for_later_subscribers_until_an_empty_one_removes_it()
    {
        var publisher = await ConnectAsync();
        await PublishAsync(publisher, "map/1", [1], retain: true);
        await PublishAsync(publisher, "map/1", [2], retain: true);
        await PublishAsync(publisher, "map/2", [3], retain: true);

        var (first, received) = await SubscribeAsync("map/1");
        var kept = await received.ReadAsync(Cancel);
        await PublishAsync(publisher, "map/1", [], retain: true);
        await first.DisconnectAsync(new MqttClientDisconnectOptions(), Cancel);
        var (_, later) = await SubscribeAsync("map/#");

        Assert.Equal((true, 2), (kept.Retain, kept.Payload.FirstSpan[0]));
        Assert.Equal("map/2", (await later.ReadAsync(Cancel)).Topic);
    }

    [Fact]
    public async Task Retained_messages_have_a_limit_in_bytes_that_counts_a_topic_once()
    {
        var publisher = await ConnectAsync();

        for (var round = 0; round < 3; round++)
            Assert.True((await PublishAsync(publisher, "map/1", new byte[40_000], retain: true)).IsSuccess);
        var refused = await PublishAsync(publisher, "map/2", new byte[40_000], retain: true);
        await PublishAsync(publisher, "map/1", [], retain: true);
        var accepted = await PublishAsync(publisher, "map/2", new byte[40_000], retain: true);

        Assert.Equal(MqttClientPublishReasonCode.QuotaExceeded, refused.ReasonCode);
        Assert.True(accepted.IsSuccess);
    }

    [Fact]
    public async Task Client_of_MQTT_5_is_told_the_longest_packet()
    {
        var client = Client();

        var answer = await client.ConnectAsync(Options(MqttProtocolVersion.V500), Cancel);

        Assert.Equal((uint)MaxPacketBytes, answer.MaximumPacketSize);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Packet_of_the_longest_length_passes_and_one_byte_more_ends_the_connection(int more, bool passes)
    {
        var (subscriber, received) = await SubscribeAsync("t");
        await using var client = await RawClient.ConnectAsync(_port, Cancel);
        // Type and flags, 3 bytes of length, 2 of the topic's length, the topic.
        var remaining = MaxPacketBytes - 4 + more;
        byte[] packet = [0x30, (byte)(remaining & 0x7F | 0x80), (byte)(remaining >> 7 & 0x7F | 0x80), (byte)(remaining >> 14), 0, 1, (byte)'t', .. new byte[remaining - 3]];

        await client.SendAsync(packet);

        if (passes) Assert.Equal(remaining - 3, (await received.ReadAsync(Cancel)).Payload.Length);
        else Assert.Null(await client.ReadPacketAsync());
        Assert.True(subscriber.IsConnected);
    }

    /// <summary>Before anything of it has come, and so before anything is kept for it.</summary>
    [Theory]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 })]
    public async Task Length_that_is_too_great_or_none_ends_the_connection_at_once_and_no_other(byte[] header)
    {
        var (subscriber, received) = await SubscribeAsync("t");
        await using var client = await RawClient.ConnectAsync(_port, Cancel);

        await client.SendAsync(header);

        Assert.Null(await client.ReadPacketAsync());
        await PublishAsync(subscriber, "t", [1]);
        Assert.Equal(1, (await received.ReadAsync(Cancel)).Payload.Length);
    }

    [Fact]
    public async Task Length_is_checked_before_a_client_has_said_who_it_is()
    {
        await using var client = await RawClient.OpenAsync(_port, Cancel);

        await client.SendAsync([0x10, 0xFF, 0xFF, 0xFF, 0x7F]);

        Assert.Null(await client.ReadPacketAsync());
    }

    [Fact]
    public async Task More_clients_than_allowed_are_closed_and_one_that_leaves_makes_room()
    {
        var clients = new List<RawClient>();
        for (var count = 0; count < MaxClients; count++) clients.Add(await RawClient.ConnectAsync(_port, Cancel));
        await using (var refused = await RawClient.OpenAsync(_port, Cancel))
            Assert.Null(await refused.SayHelloAsync());

        foreach (var client in clients) await client.DisposeAsync();

        await Wait.UntilAsync(async () => await CanConnectAsync(), Patience, "room for a client");
    }

    [Fact]
    public async Task Messages_for_a_client_that_does_not_read_are_bounded_and_the_newest_stay()
    {
        const int published = 500;
        await using var slow = await RawClient.ConnectAsync(_port, Cancel);
        await slow.SubscribeAsync("t");
        var publisher = await ConnectAsync();

        for (var number = 0; number < published; number++)
            await PublishAsync(publisher, "t", [(byte)(number >> 8), (byte)number, .. new byte[90_000]]);

        var received = new List<int>();
        while (received.LastOrDefault() != published - 1)
        {
            var packet = await slow.ReadPacketAsync() ?? throw new InvalidOperationException($"closed after {received.Count} messages");
            received.Add(packet[7] << 8 | packet[8]);
        }

        Assert.InRange(received.Count, MaxPendingMessages, published - 1);
        Assert.Equal(received.Order(), received);
        Assert.Equal(Enumerable.Range(published - MaxPendingMessages, MaxPendingMessages), received.TakeLast(MaxPendingMessages));
    }

    [Theory]
    [InlineData(MqttQualityOfServiceLevel.AtLeastOnce)]
    [InlineData(MqttQualityOfServiceLevel.ExactlyOnce)]
    public async Task Client_gets_no_more_messages_at_once_than_it_takes_and_the_others_as_it_acknowledges_them(MqttQualityOfServiceLevel quality)
    {
        var subscriber = Client();
        var received = Channel.CreateUnbounded<MqttApplicationMessageReceivedEventArgs>();
        subscriber.ApplicationMessageReceivedAsync += message =>
        {
            message.AutoAcknowledge = false;
            received.Writer.TryWrite(message);
            return Task.CompletedTask;
        };
        await subscriber.ConnectAsync(Options(MqttProtocolVersion.V500, receiveMaximum: 2), Cancel);
        await subscriber.SubscribeAsync("t", quality, Cancel);
        var publisher = await ConnectAsync();
        for (byte number = 1; number <= 8; number++) await PublishAsync(publisher, "t", [number], quality);
        // Of this quality there is no limit: it overtakes those that wait.
        await PublishAsync(publisher, "t", [99], MqttQualityOfServiceLevel.AtMostOnce);

        var order = new List<byte>();
        var unacknowledged = new List<MqttApplicationMessageReceivedEventArgs>();
        while (order.Count < 9)
        {
            var message = await received.Reader.ReadAsync(Cancel);
            order.Add(message.ApplicationMessage.Payload.FirstSpan[0]);
            unacknowledged.Add(message);
            if (order.Count < 3) continue;
            foreach (var held in unacknowledged) await held.AcknowledgeAsync(Cancel);
            unacknowledged.Clear();
        }

        Assert.Equal([1, 2, 99, 3, 4, 5, 6, 7, 8], order);
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task Clients_without_an_identifier_get_one_each(MqttProtocolVersion version)
    {
        var (first, second) = (Client(), Client());

        var answer = await first.ConnectAsync(Options(version, id: ""), Cancel);
        await second.ConnectAsync(Options(version, id: ""), Cancel);

        Assert.True(first.IsConnected && second.IsConnected);
        Assert.Equal(version == MqttProtocolVersion.V500, answer.AssignedClientIdentifier?.StartsWith("auto-", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public async Task Stopping_says_goodbye_to_the_clients()
    {
        var client = await ConnectAsync();
        var ended = new TaskCompletionSource<MqttClientDisconnectReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.DisconnectedAsync += disconnected =>
        {
            ended.TrySetResult(disconnected.Reason);
            return Task.CompletedTask;
        };

        await _broker.StopAsync(Cancel);

        Assert.Equal(MqttClientDisconnectReason.ServerShuttingDown, await ended.Task.WaitAsync(Patience, Cancel));
    }

    [Fact]
    public void Only_this_machine_can_reach_it()
    {
        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(listener => listener.Port == _port);

        Assert.Equal(IPAddress.Loopback, Assert.Single(listeners).Address);
    }

    [Theory]
    [InlineData("--port is missing")]
    [InlineData("'0' is no port", "--port", "0")]
    [InlineData("'65536' is no port", "--port", "65536")]
    [InlineData("'mqtt' is no port", "--port", "mqtt")]
    [InlineData("'--port' is not understood", "--port")]
    [InlineData("'--port 1 --address 0.0.0.0' is not understood", "--port", "1", "--address", "0.0.0.0")]
    public void Arguments_that_are_not_understood_are_refused(string reason, params string[] arguments) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => MqttBrokerOptions.Parse(arguments)).Message, StringComparison.Ordinal);

    private Task<MqttClientPublishResult> PublishAsync(IMqttClient client, string topic, byte[] payload, MqttQualityOfServiceLevel quality = MqttQualityOfServiceLevel.AtLeastOnce, bool retain = false) =>
        client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).WithQualityOfServiceLevel(quality).WithRetainFlag(retain).Build(), Cancel);

    private async Task<bool> CanConnectAsync()
    {
        try
        {
            await ConnectAsync();
            return true;
        }
        catch (MQTTnet.Exceptions.MqttCommunicationException)
        {
            return false;
        }
    }

    private async Task<(IMqttClient Client, ChannelReader<MqttApplicationMessage> Received)> SubscribeAsync(
        string filter, MqttQualityOfServiceLevel quality = MqttQualityOfServiceLevel.AtLeastOnce, MqttProtocolVersion version = MqttProtocolVersion.V500)
    {
        var client = Client();
        var received = Channel.CreateUnbounded<MqttApplicationMessage>();
        client.ApplicationMessageReceivedAsync += message =>
        {
            received.Writer.TryWrite(message.ApplicationMessage);
            return Task.CompletedTask;
        };
        await client.ConnectAsync(Options(version), Cancel);
        await client.SubscribeAsync(filter, quality, Cancel);
        return (client, received.Reader);
    }

    private async Task<IMqttClient> ConnectAsync(MqttProtocolVersion version = MqttProtocolVersion.V500)
    {
        var client = Client();
        await client.ConnectAsync(Options(version), Cancel);
        return client;
    }

    private IMqttClient Client()
    {
        var client = new MqttClientFactory().CreateMqttClient();
        _clients.Add(client);
        return client;
    }

    private MqttClientOptions Options(MqttProtocolVersion version, string? id = null, ushort receiveMaximum = 0) => new MqttClientOptionsBuilder()
        .WithTcpServer("127.0.0.1", _port).WithProtocolVersion(version).WithClientId(id ?? Guid.NewGuid().ToString("N")).WithReceiveMaximum(receiveMaximum).WithTimeout(Patience).Build();
}
