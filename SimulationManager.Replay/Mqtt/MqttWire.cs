using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Implementations;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>
/// What is between the client and its connection. The client connects, subscribes and tells presence. Messages of agents go past it, as whole packets
/// with identifiers of their own, because the client has a task and several allocations for each; so do their acknowledgements, and the pings, for which
/// every client has a timer that fires four times a second.
/// </summary>
internal sealed class MqttWire : IMqttChannelAdapter
{
    private readonly MqttChannelAdapter _inner;

    private MqttWire(MqttClientOptions options, TimeSpan keepAlive, MqttPacketInspector inspector, IMqttNetLogger logger)
    {
        KeepAlive = keepAlive;
        Channel = new BufferedMqttChannel(new MqttTcpChannel(options));
        var formatter = new MqttPacketFormatterAdapter(options.ProtocolVersion, new MqttBufferWriter(options.WriterBufferSize, options.WriterBufferSizeMax));
        _inner = new MqttChannelAdapter(Channel, formatter, logger) { AllowPacketFragmentation = false, PacketInspector = inspector };
    }

    public BufferedMqttChannel Channel { get; }

    /// <summary>Messages that went past the client and wait for an acknowledgement.</summary>
    public SendWindow? Window { get; set; }

    /// <summary>The longest time without a packet that was agreed with the broker.</summary>
    public TimeSpan KeepAlive { get; private set; }

    public long BytesReceived => _inner.BytesReceived;
    public long BytesSent => _inner.BytesSent;
    public X509Certificate2? ClientCertificate => _inner.ClientCertificate;
    public EndPoint? RemoteEndPoint => _inner.RemoteEndPoint;
    public EndPoint? LocalEndPoint => _inner.LocalEndPoint;
    public bool IsSecureConnection => _inner.IsSecureConnection;
    public MqttPacketFormatterAdapter PacketFormatterAdapter => _inner.PacketFormatterAdapter;

    public Task ConnectAsync(CancellationToken cancellationToken) => _inner.ConnectAsync(cancellationToken);

    public Task DisconnectAsync(CancellationToken cancellationToken) => _inner.DisconnectAsync(cancellationToken);

    public void ResetStatistics() => _inner.ResetStatistics();

    public void Dispose() => _inner.Dispose();

    public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        // The client knows of none and so has no timer; the broker does.
        if (packet is MqttConnectPacket connect) connect.KeepAlivePeriod = (ushort)KeepAlive.TotalSeconds;
        return _inner.SendPacketAsync(packet, cancellationToken);
    }

    /// <summary>The next packet that is for the client.</summary>
    public async Task<MqttPacket?> ReceivePacketAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var packet = await _inner.ReceivePacketAsync(cancellationToken);
            if (packet is MqttConnAckPacket { ServerKeepAlive: > 0 } answer)
            {
                KeepAlive = TimeSpan.FromSeconds(answer.ServerKeepAlive);
                answer.ServerKeepAlive = 0;
            }
            if (Window is not { } window || packet is not MqttPacketWithIdentifier { PacketIdentifier: >= SendWindow.FirstIdentifier and var id }) return packet;
            switch (packet)
            {
                case MqttPubAckPacket acknowledged:
                    window.Acknowledge(id, acknowledged.ReasonCode < MqttPubAckReasonCode.UnspecifiedError);
                    break;
                case MqttPubRecPacket { ReasonCode: < MqttPubRecReasonCode.UnspecifiedError }:
                    await _inner.SendPacketAsync(new MqttPubRelPacket { PacketIdentifier = id }, cancellationToken);
                    break;
                case MqttPubRecPacket:
                    window.Acknowledge(id, isTaken: false);
                    break;
                case MqttPubCompPacket completed:
                    window.Acknowledge(id, completed.ReasonCode == MqttPubCompReasonCode.Success);
                    break;
                default:
                    return packet;
            }
        }
    }

    /// <summary>Makes clients' wires; the last one made is at hand.</summary>
    /// <param name="keepAlive">The longest time without a packet.</param>
    internal sealed class Factory(TimeSpan keepAlive) : IMqttClientAdapterFactory
    {
        /// <summary>The client's newest connection.</summary>
        public MqttWire? Wire { get; private set; }

        public IMqttChannelAdapter CreateClientAdapter(MqttClientOptions options, MqttPacketInspector packetInspector, IMqttNetLogger logger) =>
            Wire = new MqttWire(options, keepAlive, packetInspector, logger);
    }
}
