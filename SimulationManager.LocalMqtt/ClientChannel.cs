using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace SimulationManager.LocalMqtt;

/// <summary>
/// A client's connection, with what MQTTnet leaves out of its handshake: a name for a client that leaves it to the broker (MQTT 3.1.1 and
/// 5, section 3.1.3.1), which MQTTnet has for MQTT 5 only, and the longest packet (MQTT 5, section 3.2.2.3.6).
/// </summary>
internal sealed class ClientChannel(IMqttChannelAdapter channel, int maxPacketBytes) : IMqttChannelAdapter
{
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
        // Before MQTT 5 only for a session that ends with its connection.
        if (packet is MqttConnectPacket connect && string.IsNullOrEmpty(connect.ClientId) && (connect.CleanSession || PacketFormatterAdapter.ProtocolVersion == MqttProtocolVersion.V500))
            connect.ClientId = _assignedId = $"auto-{Guid.NewGuid():N}";
        return packet;
    }

    public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        if (packet is MqttConnAckPacket answer) (answer.MaximumPacketSize, answer.AssignedClientIdentifier) = ((uint)maxPacketBytes, _assignedId);
        return channel.SendPacketAsync(packet, cancellationToken);
    }

    public Task ConnectAsync(CancellationToken cancellationToken) => channel.ConnectAsync(cancellationToken);

    public Task DisconnectAsync(CancellationToken cancellationToken) => channel.DisconnectAsync(cancellationToken);

    public void ResetStatistics() => channel.ResetStatistics();

    public void Dispose() => channel.Dispose();
}
