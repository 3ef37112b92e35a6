using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SimulationManager.Replay;

/// <summary>Writes the PUBLISH packets (MQTT 5, 3.3) of an endpoint's messages; nothing is allocated for them. For any number of threads.</summary>
internal sealed class MqttPackets
{
    private const byte Publish = 0x30;
    private const byte RetainFlag = 0x01;
    private const byte IsText = 0x01;
    private const byte PayloadFormatIndicator = 0x01;
    private const byte ContentType = 0x03;
    private const byte TopicAlias = 0x23;
    private const byte UserProperty = 0x26;
    private const int AliasBytes = 3;
    private const int IdentifierBytes = 2;
    private const int MaxDigits = 20;

    /// <summary>Characters of a type's name; no longer one names a file.</summary>
    private const int MaxType = 255;

    /// <summary>Heads and properties other than those that a topic's messages have in common.</summary>
    private const int MaxOverhead = 128;

    private readonly MqttSink _sink;

    /// <summary>Properties that are the same in all messages of a topic.</summary>
    private readonly byte[][] _constant;

    public MqttPackets(MqttSink sink)
    {
        _sink = sink;
        _constant = [.. sink.Topics.Select(ConstantOf)];
    }

    /// <summary>User property: the type of the message, <c>package/msg/Type</c>.</summary>
    private static ReadOnlySpan<byte> Type => "type"u8;

    /// <summary>User property: when the message was due, nanoseconds since 1970.</summary>
    private static ReadOnlySpan<byte> Stamp => "stamp"u8;

    /// <summary>User property: the message's number within what its agent plays, rising over all passes; absent on the clock and on latched messages that are shown again.</summary>
    private static ReadOnlySpan<byte> Sequence => "seq"u8;

    /// <summary>User property, <c>1</c>: the message is sent once more and may have arrived before; absent on all others.</summary>
    private static ReadOnlySpan<byte> Duplicate => "dup"u8;

    /// <summary>Bytes at most that are in a message's packet beside its topic and payload.</summary>
    public int OverheadOf(in ReplayMessage message) => MaxOverhead + _constant[IndexOf(message)].Length;

    /// <summary>Appends a packet.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="session">The connection that it is for.</param>
    /// <param name="topic">The topic, UTF-8.</param>
    /// <param name="message">The message.</param>
    /// <param name="payload">What is published of it.</param>
    /// <param name="identifier">With quality of service 1 and 2 the packet's number, else 0.</param>
    public void Write(PacketBuffer output, MqttSession session, byte[] topic, in ReplayMessage message, ReadOnlySpan<byte> payload, ushort identifier)
    {
        Span<byte> stamp = stackalloc byte[MaxDigits];
        Span<byte> sequence = stackalloc byte[MaxDigits];
        var hasProperties = _sink.Options.Properties;
        stamp = hasProperties ? Digits(_sink.WallClockZero + message.DueAt, stamp) : [];
        sequence = hasProperties && SequenceOf(message) is { } number ? Digits(number, sequence) : [];
        var duplicate = hasProperties && message.IsAgain ? "1"u8 : [];
        var (name, alias) = session.Shorten(topic);
        var constant = _constant[IndexOf(message)];
        var properties = constant.Length + (alias > 0 ? AliasBytes : 0) + SizeOf(Stamp, stamp) + SizeOf(Sequence, sequence) + SizeOf(Duplicate, duplicate);
        var remaining = sizeof(ushort) + name.Length + (identifier > 0 ? IdentifierBytes : 0) + Varint.SizeOf((ulong)properties) + properties + payload.Length;

        var left = output.Append(1 + Varint.SizeOf((ulong)remaining) + remaining);
        left[0] = (byte)(Publish | ((identifier > 0 ? (int)session.Quality : 0) << 1) | (session.Limits.RetainAvailable && IsRetained(message) ? RetainFlag : 0));
        left = left[1..];
        left = left[Varint.Write(left, (ulong)remaining)..];
        Text(ref left, name);
        if (identifier > 0) Number(ref left, identifier);
        left = left[Varint.Write(left, (ulong)properties)..];
        constant.CopyTo(left);
        left = left[constant.Length..];
        if (alias > 0)
        {
            left[0] = TopicAlias;
            left = left[1..];
            Number(ref left, alias);
        }
        User(ref left, Stamp, stamp);
        User(ref left, Sequence, sequence);
        User(ref left, Duplicate, duplicate);
        payload.CopyTo(left);
    }

    private byte[] ConstantOf(PublishedTopic topic)
    {
        var (contentType, isText) = _sink.Options.Format switch
        {
            PayloadFormat.Json => ("application/json", true),
            PayloadFormat.Cbor => ("application/cbor", false),
            _ => ("", false),
        };
        var type = _sink.Options.Properties && topic.Type is { Length: <= MaxType } ? Encoding.UTF8.GetBytes(topic.Type) : [];
        var constant = new byte[(isText ? 2 : 0) + (contentType.Length > 0 ? 1 + sizeof(ushort) + contentType.Length : 0) + SizeOf(Type, type)];
        var left = constant.AsSpan();
        if (isText)
        {
            left[0] = PayloadFormatIndicator;
            left[1] = IsText;
            left = left[2..];
        }
        if (contentType.Length > 0)
        {
            left[0] = ContentType;
            left = left[1..];
            Text(ref left, Encoding.UTF8.GetBytes(contentType));
        }
        User(ref left, Type, type);
        return constant;
    }

    private bool IsRetained(in ReplayMessage message) => _sink.Options.Retain switch
    {
        MqttRetain.True => true,
        MqttRetain.False => false,
        _ => _sink.Topics[IndexOf(message)].IsLatched,
    };

    private int IndexOf(in ReplayMessage message) => message.IsClock ? _constant.Length - 1 : message.Timeline.TopicOf(message.Index);

    private static long? SequenceOf(in ReplayMessage message) => message.IsClock || message.IsLatched ? null : ((long)message.Repeat * message.Timeline.Count) + message.Index;

    private static Span<byte> Digits(long value, Span<byte> text)
    {
        value.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        return text[..length];
    }

    /// <summary>Bytes of a user property; one without a value is not written.</summary>
    private static int SizeOf(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => value.Length == 0 ? 0 : 1 + sizeof(ushort) + name.Length + sizeof(ushort) + value.Length;

    private static void User(ref Span<byte> left, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (value.Length == 0) return;
        left[0] = UserProperty;
        left = left[1..];
        Text(ref left, name);
        Text(ref left, value);
    }

    private static void Text(ref Span<byte> left, scoped ReadOnlySpan<byte> text)
    {
        Number(ref left, (ushort)text.Length);
        text.CopyTo(left);
        left = left[text.Length..];
    }

    private static void Number(ref Span<byte> left, ushort number)
    {
        BinaryPrimitives.WriteUInt16BigEndian(left, number);
        left = left[sizeof(ushort)..];
    }
}
