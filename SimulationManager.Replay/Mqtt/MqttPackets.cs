using System.Buffers;
using System.Globalization;
using System.Text;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>Makes the packets of one connection.</summary>
internal sealed class MqttPackets
{
    /// <summary>User property: the type of the message, <c>package/msg/Type</c>.</summary>
    public const string Type = "type";

    /// <summary>User property: when the message was due, nanoseconds since 1970.</summary>
    public const string Stamp = "stamp";

    /// <summary>User property: the message's number within what its agent plays, rising over all passes; absent on the clock and on latched messages that are shown again.</summary>
    public const string Sequence = "seq";

    /// <summary>User property, <c>1</c>: the message is sent once more and may have arrived before; absent on all others.</summary>
    public const string Duplicate = "dup";

    private const int MaxDigits = 20;
    private static readonly MqttUserProperty s_duplicate = new(Duplicate, "1"u8.ToArray());

    private readonly MqttSink _sink;
    private readonly MqttUserProperty?[] _types;
    private readonly MqttApplicationMessage _reused = new();
    private readonly List<MqttUserProperty> _reusedProperties = [];
    private readonly Digits _stamp = new(Stamp);
    private readonly Digits _sequence = new(Sequence);

    public MqttPackets(MqttSink sink)
    {
        _sink = sink;
        _types = [.. sink.Topics.Select(topic => topic.Type is null ? null : new MqttUserProperty(Type, Encoding.UTF8.GetBytes(topic.Type)))];
    }

    /// <summary>A packet that is valid until the next one; nothing is allocated for it.</summary>
    public MqttApplicationMessage Reuse(MqttSession session, in ReplayMessage message, string topic, ReadOnlyMemory<byte> payload)
    {
        _reusedProperties.Clear();
        Fill(_reused, session, message, topic, payload, MqttQualityOfServiceLevel.AtMostOnce);
        if (!_sink.Options.Properties) return _reused;
        if (_types[IndexOf(message)] is { } type) _reusedProperties.Add(type);
        _reusedProperties.Add(_stamp.Of(_sink.WallClockZero + message.DueAt));
        if (SequenceOf(message) is { } sequence) _reusedProperties.Add(_sequence.Of(sequence));
        if (message.IsAgain) _reusedProperties.Add(s_duplicate);
        _reused.UserProperties = _reusedProperties;
        return _reused;
    }

    /// <summary>A packet that is kept until it is acknowledged.</summary>
    public MqttApplicationMessage Create(MqttSession session, in ReplayMessage message, string topic, ReadOnlyMemory<byte> payload)
    {
        var packet = new MqttApplicationMessage();
        Fill(packet, session, message, topic, payload, session.Quality);
        if (!_sink.Options.Properties) return packet;
        packet.UserProperties = new List<MqttUserProperty>(4);
        if (_types[IndexOf(message)] is { } type) packet.UserProperties.Add(type);
        packet.UserProperties.Add(Property(Stamp, _sink.WallClockZero + message.DueAt));
        if (SequenceOf(message) is { } sequence) packet.UserProperties.Add(Property(Sequence, sequence));
        if (message.IsAgain) packet.UserProperties.Add(s_duplicate);
        return packet;
    }

    private void Fill(MqttApplicationMessage packet, MqttSession session, in ReplayMessage message, string topic, ReadOnlyMemory<byte> payload, MqttQualityOfServiceLevel quality)
    {
        (packet.Topic, packet.TopicAlias) = session.Shorten(topic);
        packet.Payload = new ReadOnlySequence<byte>(payload);
        packet.QualityOfServiceLevel = quality;
        packet.Retain = session.Limits.RetainAvailable && IsRetained(message);
        (packet.ContentType, packet.PayloadFormatIndicator) = _sink.Options.Format switch
        {
            PayloadFormat.Json => ("application/json", MqttPayloadFormatIndicator.CharacterData),
            PayloadFormat.Cbor => ("application/cbor", MqttPayloadFormatIndicator.Unspecified),
            _ => (null, MqttPayloadFormatIndicator.Unspecified),
        };
    }

    private bool IsRetained(in ReplayMessage message) => _sink.Options.Retain switch
    {
        MqttRetain.True => true,
        MqttRetain.False => false,
        _ => _sink.Topics[IndexOf(message)].IsLatched,
    };

    private int IndexOf(in ReplayMessage message) => message.IsClock ? _types.Length - 1 : message.Timeline.TopicOf(message.Index);

    private static long? SequenceOf(in ReplayMessage message) => message.IsClock || message.IsLatched ? null : ((long)message.Repeat * message.Timeline.Count) + message.Index;

    private static MqttUserProperty Property(string name, long value) => new(name, Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A property whose value is a number, over one buffer.</summary>
    private sealed class Digits(string name)
    {
        private readonly byte[] _text = new byte[MaxDigits];
        private readonly MqttUserProperty?[] _byLength = new MqttUserProperty?[MaxDigits + 1];

        public MqttUserProperty Of(long value)
        {
            value.TryFormat(_text, out var length, provider: CultureInfo.InvariantCulture);
            return _byLength[length] ??= new MqttUserProperty(name, _text.AsMemory(0, length));
        }
    }
}
