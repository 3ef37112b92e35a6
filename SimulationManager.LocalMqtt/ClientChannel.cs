using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace SimulationManager.LocalMqtt;

/// <summary>
/// A client's connection, with what MQTTnet leaves out: a name for a client that leaves it to the broker (MQTT 3.1.1 and
/// 5, section 3.1.3.1), which MQTTnet has for MQTT 5 only, the longest packet (MQTT 5, section 3.2.2.3.6), and how many messages a client
/// takes at once (section 3.1.2.11.3).
/// </summary>
internal sealed class ClientChannel(IMqttChannelAdapter channel, MqttBrokerOptions options) : IMqttChannelAdapter
{
    private readonly SendQuota _quota = new(options.MaxPendingMessages, message => channel.SendPacketAsync(message, CancellationToken.None));
    private string? _assignedId;

    public long BytesReceived => channel.BytesReceived;

    public long BytesSent => channel.BytesSent;

    public X509Certificate2 ClientCertificate => channel.ClientCertificate;

    public bool IsSecureConnection => channel.IsSecureConnection;

    public EndPoint LocalEndPoint => channel.LocalEndPoint;

    public MqttPacketFormatterAdapter PacketFormatterAdapter => channel.PacketFormatterAdapter;

    public EndPoint RemoteEndPoint => channel.RemoteEndPoint;

    public async Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken)
    {
        var packet = await channel.ReceivePacketAsync(cancellationToken).ConfigureAwait(false);
        _quota.Release(packet);
        if (packet is not MqttConnectPacket connect) return packet;
        _quota.Limit(connect.ReceiveMaximum);
        // Before MQTT 5 only for a session that ends with its connection.
        if (string.IsNullOrEmpty(connect.ClientId) && (connect.CleanSession || PacketFormatterAdapter.ProtocolVersion == MqttProtocolVersion.V500))
            connect.ClientId = _assignedId = $"auto-{Guid.NewGuid():N}";
        return packet;
    }

    public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        if (packet is MqttConnAckPacket answer) (answer.MaximumPacketSize, answer.AssignedClientIdentifier) = ((uint)options.MaxPacketBytes, _assignedId);
        return packet is MqttPublishPacket message && !_quota.Admit(message) ? Task.CompletedTask : channel.SendPacketAsync(packet, cancellationToken);
    }

    public Task ConnectAsync(CancellationToken cancellationToken) => channel.ConnectAsync(cancellationToken);

    public Task DisconnectAsync(CancellationToken cancellationToken) => channel.DisconnectAsync(cancellationToken);

    public void ResetStatistics() => channel.ResetStatistics();

    public void Dispose() => channel.Dispose();
}
