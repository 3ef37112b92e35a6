using System.Threading.Channels;

namespace SimulationManager.Replay;

/// <summary>
/// What one endpoint's listener has heard and nobody has taken yet. Bounded in messages, bytes and topics: what does not fit is counted as
/// missed, and who publishes is never held up. Any thread adds, one takes.
/// </summary>
/// <param name="maxBytes">Bytes of payloads that may wait.</param>
/// <param name="time">Tells when messages are received.</param>
/// <param name="maxTopics">Topics that are told apart; messages of further ones are missed.</param>
public sealed class HeardMessages(long maxBytes, TimeProvider time, int maxTopics = HeardMessages.MaxTopics)
{
    /// <summary>Topics of a system under test that are told apart.</summary>
    public const int MaxTopics = 1000;

    private const int MaxMessages = 65_536;

    /// <summary>Longer names are no topics of a system under test; each is kept with every file.</summary>
    private const int LongestName = 1024;

    private readonly Channel<HeardMessage> _messages = Channel.CreateBounded<HeardMessage>(new BoundedChannelOptions(MaxMessages) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly Dictionary<(string Name, string Type, string Encoding), HeardTopic> _topics = [];
    private readonly Lock _lock = new();
    private long _waitingBytes;
    private long _missed;
    private long _missedElsewhere;

    /// <summary>Nanoseconds since 1970.</summary>
    internal long NowNs => time.GetUtcNow().ToUnixNanoseconds();

    /// <summary>The topics that were heard until now.</summary>
    public IReadOnlyList<HeardTopic> Topics
    {
        get
        {
            lock (_lock) return [.. _topics.Values];
        }
    }

    /// <summary>All messages that were missed until now.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>Completes when there is a message to take; false: there are no more to come.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _messages.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes the message that was received first.</summary>
    public bool TryTake(out HeardMessage message)
    {
        if (!_messages.Reader.TryRead(out message)) return false;
        Interlocked.Add(ref _waitingBytes, -message.Payload.Length);
        return true;
    }

    /// <summary>Messages that belong to no topic of <see cref="Topics"/>, since it was last asked.</summary>
    public long TakeMissedElsewhere() => Interlocked.Exchange(ref _missedElsewhere, 0);

    /// <summary>Nothing is added from here on.</summary>
    public void Complete() => _messages.Writer.TryComplete();

    /// <summary>A topic, known from its first message on; null: its messages are missed.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The type; empty: unknown.</param>
    /// <param name="encoding">The encoding of its payloads.</param>
    /// <param name="make">Makes the topic when it is new; null: from the above alone.</param>
    internal HeardTopic? TopicOf(string name, string type, string encoding, Func<HeardTopic>? make = null)
    {
        lock (_lock)
        {
            if (_topics.TryGetValue((name, type, encoding), out var known)) return known;
            if (_topics.Count >= maxTopics || !IsUsable(name) || !IsUsable(type)) return null;
            return _topics[(name, type, encoding)] = make?.Invoke() ?? new HeardTopic(name, type, encoding);
        }
    }

    /// <summary>Adds a message that has just been received.</summary>
    /// <param name="topic">Its topic; null: it is missed.</param>
    /// <param name="payload">The payload, which nobody changes any more.</param>
    /// <param name="publishedNs">When it was published; null: the endpoint does not tell.</param>
    internal void Add(HeardTopic? topic, ReadOnlyMemory<byte> payload, long? publishedNs = null)
    {
        var received = NowNs;
        Add(topic, payload, received, publishedNs ?? received);
    }

    /// <summary>Adds a message.</summary>
    /// <param name="topic">Its topic; null: it is missed.</param>
    /// <param name="payload">The payload, which nobody changes any more.</param>
    /// <param name="receivedNs">When it was received, nanoseconds since 1970.</param>
    /// <param name="publishedNs">When it was published.</param>
    internal void Add(HeardTopic? topic, ReadOnlyMemory<byte> payload, long receivedNs, long publishedNs)
    {
        if (topic is null)
        {
            CountMissedElsewhere();
            return;
        }
        if (Interlocked.Add(ref _waitingBytes, payload.Length) <= maxBytes && _messages.Writer.TryWrite(new HeardMessage(topic, receivedNs, publishedNs, payload))) return;
        Interlocked.Add(ref _waitingBytes, -payload.Length);
        CountMissed(topic);
    }

    /// <summary>Counts a message of a topic that will not be recorded.</summary>
    public void CountMissed(HeardTopic topic, long messages = 1)
    {
        ArgumentNullException.ThrowIfNull(topic);
        Interlocked.Add(ref _missed, messages);
        topic.CountMissed(messages);
    }

    /// <summary>Counts a message that belongs to no topic of <see cref="Topics"/>.</summary>
    internal void CountMissedElsewhere()
    {
        Interlocked.Increment(ref _missed);
        Interlocked.Increment(ref _missedElsewhere);
    }

    /// <summary>Names become text in files and in a database, which takes no U+0000 and no half characters.</summary>
    private static bool IsUsable(string name) => name.Length <= LongestName && MqttTopics.ProblemOf(name) is null;
}
