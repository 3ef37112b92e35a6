using MQTTnet;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>From a connection until it is lost: what the broker takes, and what was agreed with it.</summary>
internal sealed class MqttSession
{
    /// <summary>Messages on their way at most, whatever the broker takes.</summary>
    private const int LongestWindow = 1024;

    private readonly Dictionary<string, ushort> _aliases = new(StringComparer.Ordinal);
    private readonly ushort _aliasMaximum;

    /// <param name="client">The client, connected.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="limits">The broker's answer.</param>
    /// <param name="quality">The quality of service that is asked for.</param>
    public MqttSession(IMqttClient client, BufferedMqttChannel channel, MqttClientConnectResult limits, int quality)
    {
        (Client, Channel, Limits) = (client, channel, limits);
        _aliasMaximum = limits.TopicAliasMaximum;
        var window = Math.Min(LongestWindow, limits.ReceiveMaximum is > 0 and var maximum ? (int)maximum : LongestWindow);
        Quality = (MqttQualityOfServiceLevel)Math.Min(quality, (int)limits.MaximumQoS);
        // The client's second packets for messages of quality 2 overtake each other, and the broker delivers by them.
        Window = new SendWindow(Quality == MqttQualityOfServiceLevel.ExactlyOnce ? 1 : window);
    }

    public IMqttClient Client { get; }
    public BufferedMqttChannel Channel { get; }
    public MqttClientConnectResult Limits { get; }

    /// <summary>Messages that may still be sent without an acknowledgement.</summary>
    public SendWindow Window { get; }

    /// <summary>Completes when the connection is lost.</summary>
    public TaskCompletionSource Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The quality of service: no higher than the broker grants.</summary>
    public MqttQualityOfServiceLevel Quality { get; }

    /// <summary>Whether the broker acknowledges messages.</summary>
    public bool IsAcknowledged => Quality != MqttQualityOfServiceLevel.AtMostOnce;

    /// <summary>Whether the broker takes a packet.</summary>
    /// <param name="bytes">The payload's and the topic's bytes; what else is in a packet is allowed for.</param>
    public bool Takes(long bytes) => Limits.MaximumPacketSize is not > 0 and var _ || bytes + PacketOverhead <= Limits.MaximumPacketSize;

    /// <summary>Names a topic by its alias once the broker knows that, which saves its bytes in every message.</summary>
    public (string Topic, ushort Alias) Shorten(string topic)
    {
        if (_aliases.TryGetValue(topic, out var alias)) return ("", alias);
        if (_aliases.Count >= _aliasMaximum) return (topic, 0);
        _aliases[topic] = alias = (ushort)(_aliases.Count + 1);
        return (topic, alias);
    }

    private const int PacketOverhead = 256;
}
