using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace SimulationManager.LocalMqtt;

/// <summary>
/// MQTTnet's server with the limits of <see cref="MqttBrokerOptions"/>. Nothing is on disk: retained messages end with the process, sessions
/// with their connection. It runs before the port is open, so that no client finds it closed.
/// </summary>
internal sealed partial class MqttBroker(MqttBrokerOptions options, ClientConnections connections, ILogger<MqttBroker> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>Longest client identifier in the log, in characters; a client may give 65,535.</summary>
    private const int LongestLoggedId = 128;

    /// <summary>How long a connection may take to say who it is.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    private readonly RetainedBudget _retained = new(options.MaxRetainedBytes);
    private readonly MqttServer _server = new(
        new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithDefaultCommunicationTimeout(ConnectLimit)
            .WithMaxPendingMessagesPerClient(options.MaxPendingMessages)
            .WithPendingMessagesOverflowStrategy(MqttPendingMessagesOverflowStrategy.DropOldestQueuedMessage)
            .Build(),
        [connections],
        MqttNetNullLogger.Instance);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _server.ClientConnectedAsync += client =>
        {
            LogConnected(Shorten(client.ClientId), client.RemoteEndPoint, client.ProtocolVersion);
            return Task.CompletedTask;
        };
        _server.ClientDisconnectedAsync += client =>
        {
            LogDisconnected(Shorten(client.ClientId), client.DisconnectType);
            return Task.CompletedTask;
        };
        _server.InterceptingPublishAsync += CountRetained;
        return _server.StartAsync();
    }

    /// <summary>Says goodbye to the clients while the port is still open: Kestrel would wait for them, and then cut them off.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        _server.StopAsync(new MqttServerStopOptions { DefaultClientDisconnectOptions = new() { ReasonCode = MqttDisconnectReasonCode.ServerShuttingDown } });

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        LogListening(options.Port);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _server.Dispose();

    private Task CountRetained(InterceptingPublishEventArgs published)
    {
        var message = published.ApplicationMessage;
        if (!message.Retain || message.Topic.Length == 0 || _retained.TrySet(message.Topic, message.Payload.Length)) return Task.CompletedTask;
        LogRefused(Shorten(published.ClientId), options.MaxRetainedBytes);
        published.ProcessPublish = false;
        published.Response.ReasonCode = MqttPubAckReasonCode.QuotaExceeded;
        return Task.CompletedTask;
    }

    private static string Shorten(string id) => id.Length > LongestLoggedId ? $"{id[..LongestLoggedId]}…" : id;

    [LoggerMessage(5, LogLevel.Information, "Now listening on mqtt://127.0.0.1:{Port}")]
    private partial void LogListening(int port);

    [LoggerMessage(1, LogLevel.Information, "'{Client}' connected from {Address} ({Version})")]
    private partial void LogConnected(string client, object? address, object version);

    [LoggerMessage(2, LogLevel.Information, "'{Client}' disconnected ({How})")]
    private partial void LogDisconnected(string client, MqttClientDisconnectType how);

    [LoggerMessage(3, LogLevel.Warning, "A retained message of '{Client}' was refused: all of them would have more than {Bytes} bytes")]
    private partial void LogRefused(string client, long bytes);
}
