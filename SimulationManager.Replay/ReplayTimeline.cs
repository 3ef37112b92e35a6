using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>
/// When which message of a bag is due, for one choice of topics. Made once, never changed, shared by all agents that play
/// the bag with these topics: 14 bytes per message.
/// </summary>
public sealed class ReplayTimeline
{
    /// <summary>Positions are cut here (146 years), so that adding a time to one never overflows.</summary>
    public const long MaxPosition = 1L << 62;

    private readonly long[] _positions;
    private readonly ushort[] _topicIndexes;
    private readonly int[] _sizes;
    private readonly SharedPayloads? _payloads;

    /// <summary>A timeline of messages that the caller has; <see cref="Recording.TimelineOf"/> makes that of a bag.</summary>
    /// <param name="positions">Nanoseconds from the bag's first message, ascending.</param>
    /// <param name="topicIndexes">Per message, an index into <paramref name="topics"/>.</param>
    /// <param name="sizes">Per message, the bytes of its payload.</param>
    /// <param name="topics">Names of the topics that are played.</param>
    /// <param name="duration">Nanoseconds from the bag's first to its last message, whatever the choice of topics.</param>
    /// <param name="payloads">Where the payloads can be read; null when there is none.</param>
    /// <param name="start">Time of the bag's first message, nanoseconds since 1970.</param>
    /// <param name="cacheBytes">Bytes of the payloads that are kept in memory once they were read.</param>
    /// <exception cref="ArgumentException">There is not one position, topic and size per message.</exception>
    public ReplayTimeline(
        long[] positions, ushort[] topicIndexes, int[] sizes, IReadOnlyList<string> topics, long duration, IPayloadSource? payloads = null, long start = 0, long cacheBytes = Recording.DefaultCacheBytes)
    {
        if (positions.Length != topicIndexes.Length || positions.Length != sizes.Length)
            throw new ArgumentException("A timeline needs one position, topic and size per message.", nameof(positions));
        _positions = positions;
        _topicIndexes = topicIndexes;
        _sizes = sizes;
        (Topics, RecordedTopics) = (topics, topics);
        Duration = Math.Clamp(duration, 0, MaxPosition);
        _payloads = payloads is null ? null : new SharedPayloads(payloads, sizes, cacheBytes);
        Start = start;
    }

    private ReplayTimeline(ReplayTimeline other, IReadOnlyList<string> topics)
    {
        (_positions, _topicIndexes, _sizes, _payloads) = (other._positions, other._topicIndexes, other._sizes, other._payloads);
        (Topics, RecordedTopics, Types, Offers, Latched) = (topics, other.RecordedTopics, other.Types, other.Offers, other.Latched);
        (Duration, Start) = (other.Duration, other.Start);
    }

    /// <summary>The names that the topics are played under.</summary>
    public IReadOnlyList<string> Topics { get; }

    /// <summary>The names that the topics were recorded under.</summary>
    public IReadOnlyList<string> RecordedTopics { get; }

    /// <summary>The types of the topics, in the order of <see cref="Topics"/>; empty for a timeline of messages whose types nobody knows.</summary>
    public IReadOnlyList<RecordedType> Types { get; init; } = [];

    /// <summary>What was offered of the topics when they were recorded, in the order of <see cref="Topics"/>; empty for a timeline of messages of which nobody knows.</summary>
    public IReadOnlyList<TopicOffer> Offers { get; init; } = [];

    /// <summary>The topics whose last messages are kept for whoever joins later.</summary>
    public IReadOnlyList<LatchedTopic> Latched { get; init; } = [];

    /// <summary>Time of the bag's first message, nanoseconds since 1970.</summary>
    public long Start { get; }

    /// <summary>Messages in one pass.</summary>
    public int Count => _positions.Length;

    /// <summary>Nanoseconds of one pass: from the bag's first to its last message, whatever the choice of topics.</summary>
    public long Duration { get; }

    /// <summary>Whether the payloads can be read.</summary>
    public bool HasPayloads => _payloads is not null;

    /// <summary>The same messages under other topic names: recorded name to new name. What it does not name keeps its name.</summary>
    public ReplayTimeline Renamed(IReadOnlyDictionary<string, string> names) =>
        names.Count == 0 ? this : new ReplayTimeline(this, [.. RecordedTopics.Select(topic => names.GetValueOrDefault(topic, topic))]);

    /// <summary>A message's payload as it was recorded: read once for all agents and sinks that send it. Any thread.</summary>
    /// <param name="message">Index in the timeline.</param>
    /// <param name="cancellationToken">Ends the waiting for a payload that is not on this machine yet.</param>
    /// <returns>The bytes, which others read as well: they are not to be written to.</returns>
    /// <exception cref="InvalidOperationException">The timeline has no payloads.</exception>
    /// <exception cref="Rosbag2.BagFormatException">The bag is damaged there.</exception>
    public ValueTask<byte[]> ReadPayloadAsync(int message, CancellationToken cancellationToken) =>
        (_payloads ?? throw new InvalidOperationException("This timeline has no payloads.")).ReadAsync(message, cancellationToken);

    /// <summary>Nanoseconds from the bag's first message to this one.</summary>
    public long PositionOf(int message) => _positions[message];

    /// <summary>Index into <see cref="Topics"/>.</summary>
    public int TopicOf(int message) => _topicIndexes[message];

    /// <summary>The name of the type of a topic's messages, normally <c>package/msg/Type</c>; null when nobody knows it.</summary>
    /// <param name="topic">Index into <see cref="Topics"/>.</param>
    public string? TypeOf(int topic) => Types.Count == 0 ? null : Types[topic].Name;

    /// <summary>The definition of a topic's messages; null when nobody has it.</summary>
    /// <param name="topic">Index into <see cref="Topics"/>.</param>
    public MessageSchema? SchemaOf(int topic) => Types.Count == 0 ? null : Types[topic].Schema;

    /// <summary>Bytes of the payload.</summary>
    public int SizeOf(int message) => _sizes[message];

    /// <summary>The first message at or after a position; <see cref="Count"/> when there is none.</summary>
    public int FirstAtOrAfter(long position)
    {
        var low = 0;
        var high = _positions.Length;
        while (low < high)
        {
            var middle = (int)(((uint)low + (uint)high) / 2);
            if (_positions[middle] < position) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>A time from the bag's first message in nanoseconds, cut to 0–<see cref="MaxPosition"/>.</summary>
    internal static long PositionAt(TimeSpan time) => Math.Clamp(time.Ticks, 0, MaxPosition / TimeSpan.NanosecondsPerTick) * TimeSpan.NanosecondsPerTick;

    /// <summary>Nanoseconds between two bag times, cut to 0–<see cref="MaxPosition"/>: bag times may be any 64-bit number.</summary>
    internal static long PositionBetween(long start, long time) =>
        time <= start ? 0 : (long)Math.Min((ulong)time - (ulong)start, MaxPosition);
}

/// <summary>Reads payloads of a timeline's messages, from any thread.</summary>
public interface IPayloadSource
{
    /// <summary>Copies the payload of message <paramref name="message"/> of the timeline into <paramref name="buffer"/> and returns its length.</summary>
    /// <param name="message">Index in the timeline.</param>
    /// <param name="buffer">At least <see cref="ReplayTimeline.SizeOf"/> bytes.</param>
    /// <param name="cancellationToken">Ends the waiting for a payload that is not on this machine yet.</param>
    /// <exception cref="ArgumentException">The buffer is too small.</exception>
    /// <exception cref="Rosbag2.BagFormatException">The bag is damaged there.</exception>
    ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken);
}
