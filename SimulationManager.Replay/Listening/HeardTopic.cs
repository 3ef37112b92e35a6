using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>A topic of which messages are heard, in one encoding. Safe for all threads.</summary>
/// <param name="name">The name as the endpoint has it.</param>
/// <param name="type">The type, as far as the endpoint tells it; else empty.</param>
/// <param name="encoding">How payloads are encoded, as MCAP names it.</param>
public sealed class HeardTopic(string name, string type, string encoding)
{
    /// <summary>The encoding of bytes of which nothing is known.</summary>
    public const string Bytes = "application/octet-stream";

    /// <summary>The encoding of JSON.</summary>
    public const string Json = "json";

    /// <summary>The encoding of CBOR.</summary>
    public const string Cbor = "cbor";

    /// <summary>The encoding of ROS 2 and DDS, with the encapsulation header of four bytes.</summary>
    public const string Cdr = "cdr";

    private long _missed;

    /// <summary>The name as the endpoint has it.</summary>
    public string Name { get; } = name;

    /// <summary>The type, as far as the endpoint tells it; else empty.</summary>
    public string Type { get; } = type;

    /// <summary>How payloads are encoded, as MCAP names it.</summary>
    public string Encoding { get; } = encoding;

    /// <summary>Quality of service that the publishers offer, as rosbag2 writes it; empty: unknown.</summary>
    public string OfferedQos { get; init; } = "";

    /// <summary>The type's hash (<c>RIHS01_…</c>); empty: unknown.</summary>
    public string TypeHash { get; init; } = "";

    /// <summary>The type's definition, where whoever publishes is known to have it; null: as far as this system has it.</summary>
    public MessageDefinition? Definition { get; init; }

    /// <summary>Which series of files its messages go to; 0 where there is but one.</summary>
    public long Series { get; init; }

    /// <summary>The name under which its messages are counted, which other topics may share.</summary>
    public string CountedAs { get; init; } = name;

    /// <summary>Counts messages that nobody will read.</summary>
    internal void CountMissed(long messages = 1) => Interlocked.Add(ref _missed, messages);

    /// <summary>Messages that were missed since it was last asked.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);
}

/// <summary>A message that was heard.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="ReceivedNs">When it was received, nanoseconds since 1970.</param>
/// <param name="PublishedNs">When it was published, as far as the endpoint tells it; else when it was received.</param>
/// <param name="Payload">The payload, byte for byte.</param>
public readonly record struct HeardMessage(HeardTopic Topic, long ReceivedNs, long PublishedNs, ReadOnlyMemory<byte> Payload);
