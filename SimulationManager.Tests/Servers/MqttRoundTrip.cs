using MQTTnet;
using MQTTnet.Protocol;

namespace SimulationManager.Tests.Servers;

/// <summary>A message through a broker.</summary>
internal static class MqttRoundTrip
{
    /// <summary>What a subscriber gets of a text that is published.</summary>
    /// <param name="connectionString"><c>mqtt://host:port</c></param>
    public static async Task<string> SendAsync(string connectionString, string topic, string text, CancellationToken cancellationToken)
    {
        var address = new Uri(connectionString);
        Assert.Equal("mqtt", address.Scheme);
        using var client = new MqttClientFactory().CreateMqttClient();
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ApplicationMessageReceivedAsync += message =>
        {
            received.TrySetResult(message.ApplicationMessage.ConvertPayloadToString());
            return Task.CompletedTask;
        };
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer(address.Host, address.Port).Build(), cancellationToken);
        await client.SubscribeAsync(topic, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken);
        await client.PublishStringAsync(topic, text, MqttQualityOfServiceLevel.AtLeastOnce, retain: false, cancellationToken);
        return await received.Task.WaitAsync(cancellationToken);
    }
}
