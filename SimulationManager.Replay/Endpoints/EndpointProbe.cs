using MQTTnet;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>What was found when an endpoint was tried.</summary>
public sealed record EndpointProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Why it cannot be published to, and what can be done; null when it can.</summary>
    public string? Error { get; init; }

    /// <summary>Where the marked message was published.</summary>
    public string? Topic { get; init; }

    /// <summary>Time until the connection was there.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>Time from then until the message was acknowledged.</summary>
    public TimeSpan? Publish { get; init; }

    /// <summary>The largest packet that the broker takes, bytes; null: it names no limit.</summary>
    public long? MaximumPacketSize { get; init; }

    /// <summary>How many messages it takes before it has acknowledged them.</summary>
    public int? ReceiveMaximum { get; init; }

    /// <summary>How many topics can be named by a number.</summary>
    public int? TopicAliasMaximum { get; init; }

    /// <summary>The highest quality of service that it grants.</summary>
    public int? MaximumQualityOfService { get; init; }

    /// <summary>Whether it keeps retained messages.</summary>
    public bool? RetainAvailable { get; init; }

    /// <summary>Of a <c>dds</c> address: the library that is used, and its version.</summary>
    public string? Library { get; init; }

    /// <summary>Of a <c>dds</c> address: participants that are in the domain besides, as far as they answered within two seconds.</summary>
    public int? Participants { get; init; }

    /// <summary>Connects, publishes one message that says that it is a check, to <c>prefix/_check</c> (DDS: <c>/_check</c>), and disconnects; within 10 seconds.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="credentials">The credentials that it may refer to.</param>
    public static async Task<EndpointProbe> RunAsync(OutputEndpoint endpoint, IReadOnlyDictionary<string, SinkCredentials> credentials)
    {
        if (endpoint.Dds is { } dds) return await DdsProbe.RunAsync(dds);
        var found = new EndpointProbe();
        using var giveUp = new CancellationTokenSource(Limit);
        using var client = new MqttClientFactory().CreateMqttClient();
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            var answer = await client.ConnectAsync(SettingsOf(endpoint, credentials), giveUp.Token);
            if (answer.ResultCode != MqttClientConnectResultCode.Success) throw new MqttRefusedException(answer);
            found = found with
            {
                Connect = TimeProvider.System.GetElapsedTime(started),
                MaximumPacketSize = answer.MaximumPacketSize,
                ReceiveMaximum = answer.ReceiveMaximum,
                TopicAliasMaximum = answer.TopicAliasMaximum,
                MaximumQualityOfService = (int)answer.MaximumQoS,
                RetainAvailable = answer.RetainAvailable,
            };
            var topic = endpoint.Prefix.Length == 0 ? "_check" : $"{endpoint.Prefix}/_check";
            started = TimeProvider.System.GetTimestamp();
            var quality = (MqttQualityOfServiceLevel)Math.Min((int)answer.MaximumQoS, (int)MqttQualityOfServiceLevel.AtLeastOnce);
            var result = await client.PublishAsync(
                new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload("This is a check of the endpoint by SimulationManager.").WithQualityOfServiceLevel(quality).Build(), giveUp.Token);
            found = found with { Topic = topic, Publish = TimeProvider.System.GetElapsedTime(started) };
            if (!result.IsSuccess) return found with { Error = $"the broker does not take messages on {topic}: {result.ReasonCode}" };
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), giveUp.Token);
            return found;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return found with { Error = MqttFailures.Describe(endpoint, exception) };
        }
    }

    private static MqttClientOptions SettingsOf(OutputEndpoint endpoint, IReadOnlyDictionary<string, SinkCredentials> all)
    {
        var credentials = endpoint.Credentials is not { } name ? null
            : all.GetValueOrDefault(name) ?? throw new FormatException(SinkCredentials.UnknownText(name));
        var builder = MqttClientSettings.Of(endpoint, credentials, buffer: 4096).WithClientId($"check-{Guid.NewGuid():N}");
        if ((credentials?.ReadList()?[0] ?? credentials?.Of("0", "check", 1)) is var (username, password)) builder.WithCredentials(username, password);
        return builder.Build();
    }
}
