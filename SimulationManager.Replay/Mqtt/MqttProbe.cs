using MQTTnet;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>Tries a broker.</summary>
internal static class MqttProbe
{
    public static async Task<EndpointProbe> RunAsync(OutputEndpoint endpoint, IReadOnlyDictionary<string, SinkCredentials> credentials, CancellationToken giveUp)
    {
        var found = new EndpointProbe();
        using var client = new MqttClientFactory().CreateMqttClient();
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            var answer = await client.ConnectAsync(SettingsOf(endpoint, SinkCredentials.Find(credentials, endpoint.Credentials)), giveUp);
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
            var topic = endpoint.Prefix.Length == 0 ? EndpointProbe.TopicName : $"{endpoint.Prefix}/{EndpointProbe.TopicName}";
            started = TimeProvider.System.GetTimestamp();
            var quality = (MqttQualityOfServiceLevel)Math.Min((int)answer.MaximumQoS, (int)MqttQualityOfServiceLevel.AtLeastOnce);
            var result = await client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(EndpointProbe.Text).WithQualityOfServiceLevel(quality).Build(), giveUp);
            found = found with { Topic = topic, Publish = TimeProvider.System.GetElapsedTime(started) };
            if (!result.IsSuccess) return found with { Error = $"the broker does not take messages on {topic}: {result.ReasonCode}" };
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), giveUp);
            return found;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return found with { Error = MqttFailures.Describe(endpoint, exception) };
        }
    }

    private static MqttClientOptions SettingsOf(OutputEndpoint endpoint, SinkCredentials? credentials)
    {
        var builder = MqttClientSettings.Of(endpoint, credentials, buffer: 4096).WithClientId($"check-{Guid.NewGuid():N}");
        if (credentials?.OfShared("0", "check") is var (username, password)) builder.WithCredentials(username, password);
        return builder.Build();
    }
}
