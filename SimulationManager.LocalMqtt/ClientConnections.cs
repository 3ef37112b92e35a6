using MQTTnet.Adapter;
using MQTTnet.AspNetCore;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Server;

namespace SimulationManager.LocalMqtt;

/// <summary>The connections that Kestrel accepts, each as a <see cref="ClientChannel"/>.</summary>
internal sealed class ClientConnections(MqttConnectionHandler connections, MqttBrokerOptions options) : IMqttServerAdapter
{
    private Func<IMqttChannelAdapter, Task>? _clientHandler;

    public Func<IMqttChannelAdapter, Task>? ClientHandler
    {
        get => _clientHandler;
        set
        {
            _clientHandler = value;
            connections.ClientHandler = value is null ? null : channel => value(new ClientChannel(channel, options));
        }
    }

    public Task StartAsync(MqttServerOptions serverOptions, IMqttNetLogger logger) => connections.StartAsync(serverOptions, logger);

    public Task StopAsync() => connections.StopAsync();

    public void Dispose() => connections.Dispose();
}
