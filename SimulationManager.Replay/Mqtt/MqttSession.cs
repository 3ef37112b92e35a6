using MQTTnet;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>From a connection until it is lost: what the broker takes, and what was agreed with it.</summary>
internal sealed class MqttSession
{
    /// <summary>Messages on their way at most, whatever the broker takes.</summary>
    private const int LongestWindow = 1024;

    /// <summary>Bytes that the length of a packet can tell (MQTT 5, 1.5.5).</summary>
    private const long LongestPacket = 268_435_455;

    private readonly Dictionary<byte[], ushort> _aliases = [];
    private readonly ushort _aliasMaximum;

    /// <param name="sink">The endpoint.</param>
    /// <param name="wire">The connection.</param>
    /// <param name="limits">The broker's answer.</param>
    public MqttSession(MqttSink sink, MqttWire wire, MqttClientConnectResult limits)
    {
        (Wire, Limits) = (wire, limits);
        _aliasMaximum = limits.TopicAliasMaximum;
        Quality = (MqttQualityOfServiceLevel)Math.Min(sink.Options.QualityOfService, (int)limits.MaximumQoS);
        Window = wire.Window = new SendWindow(sink, Math.Min(LongestWindow, limits.ReceiveMaximum is > 0 and var maximum ? (int)maximum : LongestWindow));
    }

    public MqttWire Wire { get; }
    public MqttClientConnectResult Limits { get; }

    /// <summary>Messages that are not acknowledged yet. Closed once the connection is lost.</summary>
    public SendWindow Window { get; }

    /// <summary>Completes when the connection is lost.</summary>
    public TaskCompletionSource Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The quality of service: no higher than the broker grants.</summary>
    public MqttQualityOfServiceLevel Quality { get; }

    /// <summary>Whether the broker acknowledges messages.</summary>
    public bool IsAcknowledged => Quality != MqttQualityOfServiceLevel.AtMostOnce;

    /// <summary>Whether the broker takes a packet of so many bytes.</summary>
    public bool Takes(long bytes) => bytes <= (Limits.MaximumPacketSize is > 0 and var maximum ? Math.Min(maximum, LongestPacket) : LongestPacket);

    /// <summary>Names a topic by its alias once the broker knows that, which saves its bytes in every message.</summary>
    /// <param name="topic">The topic in UTF-8, the same array each time.</param>
    public (byte[] Topic, ushort Alias) Shorten(byte[] topic)
    {
        if (_aliasMaximum == 0) return (topic, 0);
        if (_aliases.TryGetValue(topic, out var alias)) return ([], alias);
        if (_aliases.Count >= _aliasMaximum) return (topic, 0);
        _aliases[topic] = alias = (ushort)(_aliases.Count + 1);
        return (topic, alias);
    }
}
