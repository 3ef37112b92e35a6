using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using SimulationManager.LocalMqtt;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>Which broker a test has.</summary>
public enum BrokerKind
{
    /// <summary>Eclipse mosquitto.</summary>
    Mosquitto,

    /// <summary>MQTTnet's server, as <see cref="SimulationManager.LocalMqtt"/> runs it.</summary>
    MqttNet,
}

/// <summary>A broker of a test's own on a free port of this machine, and clients of it that are not ours.</summary>
internal abstract class Broker : IAsyncDisposable
{
    public int Port { get; } = FreePorts.Draw();

    protected static bool HasClients { get; } = File.Exists("/usr/bin/mosquitto_sub");

    /// <param name="kind">Which one.</param>
    /// <param name="maxPacketBytes">The longest packet that it takes.</param>
    public static async Task<Broker> StartAsync(BrokerKind kind, int maxPacketBytes = 1024 * 1024) =>
        kind == BrokerKind.Mosquitto ? await Mosquitto.StartAsync($"max_queued_messages 0\nmax_packet_size {maxPacketBytes}") : await LocalBroker.StartAsync(maxPacketBytes);

    public string Address(string options = "") => $"mqtt://127.0.0.1:{Port}/fleet{(options.Length > 0 ? $"?{options}" : "")}";

    /// <summary>Subscribes with mosquitto_sub, and waits until the broker knows of it.</summary>
    public async Task<Subscriber> SubscribeAsync(string topics = "fleet/#", int quality = 0, params string[] options)
    {
        var subscriber = new Subscriber(Port, topics, quality, options);
        await subscriber.ReadyAsync();
        return subscriber;
    }

    /// <summary>Publishes with mosquitto_pub.</summary>
    public Task PublishAsync(string topic, string payload) => PublishAsync(topic, System.Text.Encoding.UTF8.GetBytes(payload));

    public async Task PublishAsync(string topic, byte[] payload, params string[] options)
    {
        using var publisher = Process.Start(new ProcessStartInfo("/usr/bin/mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{Port}", "-V", "5", "-t", topic, "-s", .. options]) { RedirectStandardInput = true })!;
        await publisher.StandardInput.BaseStream.WriteAsync(payload);
        publisher.StandardInput.Close();
        await publisher.WaitForExitAsync();
        Assert.Equal(0, publisher.ExitCode);
    }

    public abstract ValueTask DisposeAsync();

    private sealed class LocalBroker : Broker
    {
        private readonly WebApplication _server;

        // A subscriber may be far behind the agents.
        private LocalBroker(int maxPacketBytes) =>
            _server = SimulationManager.LocalMqtt.Program.Build(new MqttBrokerOptions { Port = Port, MaxPacketBytes = maxPacketBytes, MaxPendingMessages = 100_000 });

        public static async Task<Broker> StartAsync(int maxPacketBytes)
        {
            Assert.SkipUnless(HasClients, "mosquitto's clients are not installed");
            var broker = new LocalBroker(maxPacketBytes);
            await broker._server.StartAsync();
            return broker;
        }

        public override async ValueTask DisposeAsync() => await _server.DisposeAsync();
    }
}
