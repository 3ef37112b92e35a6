using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SimulationManager.Hosting.Mqtt;
using SimulationManager.LocalMqtt;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Hosting.Mqtt;

/// <summary>A broker is healthy when it lets clients in, not when something has its port.</summary>
public sealed class MqttHealthCheckTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Broker_is_healthy()
    {
        var port = FreePorts.Draw();
        await using var broker = SimulationManager.LocalMqtt.Program.Build(new MqttBrokerOptions { Port = port });
        await broker.StartAsync(Cancel);

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(port)).Status);
    }

    [Fact]
    public async Task Port_that_nothing_listens_on_is_unhealthy() => await AssertUnhealthyAsync(FreePorts.Draw());

    [Fact]
    public async Task Server_that_is_no_broker_is_unhealthy()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var answer = AnswerAsync(listener);

        await AssertUnhealthyAsync(port);

        await answer;
    }

    private static async Task AssertUnhealthyAsync(int port)
    {
        var result = await CheckAsync(port);

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Contains($"mqtt://localhost:{port}", result.Description, StringComparison.Ordinal);
    }

    private static async Task AnswerAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(Cancel);
        await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancel);
    }

    private static Task<HealthCheckResult> CheckAsync(int port)
    {
        var resource = new MqttResource("mqtt");
        var endpoint = new EndpointAnnotation(ProtocolType.Tcp, uriScheme: "mqtt", name: MqttResource.PrimaryEndpointName);
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", port);
        resource.Annotations.Add(endpoint);
        return new MqttHealthCheck(resource).CheckHealthAsync(new HealthCheckContext(), Cancel);
    }
}
