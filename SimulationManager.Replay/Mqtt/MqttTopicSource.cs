using System.Buffers;
using System.Text.Json;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>
/// Subscribes at a broker. Sessions are clean: what is published while the connection is away is not heard, and what the broker retains is heard
/// once more after each connection.
/// </summary>
/// <param name="endpoint">The broker.</param>
/// <param name="options">How it is spoken to.</param>
/// <param name="plan">What to listen to.</param>
internal sealed class MqttTopicSource(OutputEndpoint endpoint, MqttEndpointOptions options, ListenPlan plan) : ITopicSource
{
    /// <summary>Bytes of the largest packet that a broker is asked to send; it leaves larger ones out.</summary>
    public const int MaxPacketBytes = 16 * 1024 * 1024;

    private const int Buffer = 256 * 1024;
    private const string TypeProperty = "type";
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoodbyeWithin = TimeSpan.FromSeconds(2);

    public async Task<string?> ListenAsync(ListenerState state, CancellationToken stopping)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ApplicationMessageReceivedAsync += Receive;
        client.DisconnectedAsync += disconnected =>
        {
            ended.TrySetResult(MqttFailures.Describe(endpoint, disconnected));
            return Task.CompletedTask;
        };
        try
        {
            state.Subscribed(await SubscribeAsync(client, stopping));
            return await ended.Task.WaitAsync(stopping);
        }
        finally
        {
            await SayGoodbyeAsync(client);
        }
    }

    public string Describe(Exception exception) => MqttFailures.Describe(endpoint, exception);

    /// <summary>Connects and subscribes.</summary>
    /// <returns>The topics that the broker refused; null: none.</returns>
    private async Task<string?> SubscribeAsync(IMqttClient client, CancellationToken stopping)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        giveUp.CancelAfter(ConnectWithin);
        var credentials = SinkCredentials.Find(plan.Credentials, endpoint.Credentials);
        var settings = MqttClientSettings.Of(endpoint, credentials, Buffer).WithClientId(plan.Process)
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(options.KeepAlive)).WithMaximumPacketSize(MaxPacketBytes);
        if (credentials?.OfShared(plan.Simulation, plan.Process) is var (username, password)) settings.WithCredentials(username, password);
        var answer = await client.ConnectAsync(settings.Build(), giveUp.Token);
        if (answer.ResultCode != MqttClientConnectResultCode.Success) throw new MqttRefusedException(answer);
        var quality = (MqttQualityOfServiceLevel)Math.Min((int)answer.MaximumQoS, Math.Max(1, options.QualityOfService));
        var subscriptions = new MqttClientSubscribeOptionsBuilder();
        foreach (var topic in plan.Topics) subscriptions.WithTopicFilter(topic, quality);
        var result = await client.SubscribeAsync(subscriptions.Build(), giveUp.Token);
        var refused = result.Items.Where(item => item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2).Select(item => $"{item.TopicFilter.Topic} ({item.ResultCode})").ToArray();
        return refused.Length == 0 ? null : $"the broker does not let this client subscribe to {string.Join(", ", refused)}";
    }

    private Task Receive(MqttApplicationMessageReceivedEventArgs received)
    {
        var message = received.ApplicationMessage;
        var payload = message.Payload.ToArray();
        var type = message.UserProperties?.FirstOrDefault(property => property.Name == TypeProperty) is { } property && RosNames.MangleType(property.ReadValueAsString()) is not null ? property.ReadValueAsString() : "";
        plan.Heard.Add(plan.Heard.TopicOf(message.Topic ?? "", type, EncodingOf(message.ContentType, type, payload)), payload);
        return Task.CompletedTask;
    }

    /// <summary>What the publisher says, else what the bytes are.</summary>
    private static string EncodingOf(string? contentType, string type, ReadOnlySpan<byte> payload)
    {
        if (contentType == "application/cbor") return HeardTopic.Cbor;
        if (IsJson(payload)) return HeardTopic.Json;
        // Agents of this system say the type and send what ROS 2 serializes: with its encapsulation header.
        return type.Length > 0 && payload is [0, 0 or 1, _, _, ..] ? HeardTopic.Cdr : HeardTopic.Bytes;
    }

    /// <summary>Whether it is a JSON object or array; a lone number or word may be anything.</summary>
    private static bool IsJson(ReadOnlySpan<byte> payload)
    {
        if (payload.TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)'[', ..]) return false;
        var reader = new Utf8JsonReader(payload);
        try
        {
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private async Task SayGoodbyeAsync(IMqttClient client)
    {
        using var giveUp = new CancellationTokenSource(GoodbyeWithin, plan.Time);
        try
        {
            if (client.IsConnected) await client.DisconnectAsync(new MqttClientDisconnectOptions(), giveUp.Token);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It is gone all the same.
        }
    }
}
