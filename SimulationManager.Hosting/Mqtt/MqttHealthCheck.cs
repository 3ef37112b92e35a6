using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MQTTnet;
using MQTTnet.Exceptions;

namespace SimulationManager.Hosting.Mqtt;

/// <summary>Whether the broker lets a client in: an open port alone may be anything's.</summary>
internal sealed class MqttHealthCheck(MqttResource resource) : IHealthCheck
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (await resource.ConnectionStringExpression.GetValueAsync(cancellationToken).ConfigureAwait(false) is not { } text) return HealthCheckResult.Unhealthy("The broker has no address yet.");
        var address = new Uri(text);
        using var client = new MqttClientFactory().CreateMqttClient();
        var options = new MqttClientOptionsBuilder().WithTcpServer(address.Host, address.Port).WithClientId($"health-{Guid.NewGuid():N}").WithTimeout(Limit).Build();
        try
        {
            var answer = await client.ConnectAsync(options, cancellationToken).ConfigureAwait(false);
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), cancellationToken).ConfigureAwait(false);
            return answer.ResultCode == MqttClientConnectResultCode.Success ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"The broker refuses clients: {answer.ResultCode}.");
        }
        catch (Exception failed) when (failed is MqttCommunicationException or MqttProtocolViolationException or SocketException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy($"No broker answers at {text}.", failed);
        }
    }
}
