using SimulationManager.Api.Viewing.Feeds;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary>What a client asks for with one <c>subscribe</c>.</summary>
/// <param name="Compression">How messages are brought to it.</param>
/// <param name="Throttle">The shortest time between two messages.</param>
/// <param name="QueueLength">Messages of the time between that are kept, the newest; 0: none.</param>
/// <param name="FragmentSize">Characters after which a message is cut; 0: never.</param>
internal readonly record struct SubscribeOptions(RosbridgeCompression Compression, TimeSpan Throttle, int QueueLength, int FragmentSize)
{
    /// <summary>What a topic gets that was subscribed to more than once: what all of them can live with, as rosbridge_suite has it.</summary>
    public static SubscribeOptions Merge(SubscribeOptions one, SubscribeOptions other) => new(
        (RosbridgeCompression)Math.Max((int)one.Compression, (int)other.Compression),
        one.Throttle < other.Throttle ? one.Throttle : other.Throttle,
        Math.Min(one.QueueLength, other.QueueLength),
        one.FragmentSize == 0 || other.FragmentSize == 0 ? Math.Max(one.FragmentSize, other.FragmentSize) : Math.Min(one.FragmentSize, other.FragmentSize));
}

/// <summary>How messages are brought to a client.</summary>
internal enum RosbridgeCompression
{
    /// <summary>JSON text.</summary>
    None,

    /// <summary>JSON text as the pixels of a PNG picture, in base64.</summary>
    Png,

    /// <summary>CBOR.</summary>
    Cbor,

    /// <summary>CBOR with the message as CDR in it.</summary>
    CborRaw,
}

/// <summary>
/// A topic that a client subscribes to. What comes faster than the client takes it is left out, the oldest first, and counted. For one thread that gives and one that takes.
/// </summary>
internal sealed class RosbridgeSubscription(string name, Action<RosbridgeSubscription> onReady, TimeProvider time) : IFeedSubscription
{
    /// <summary>Messages that wait for a client that did not say how many it wants to be kept, and bytes of them in any case.</summary>
    private const int DefaultQueue = 1000;
    private const int MostBytes = 16 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<FeedMessage> _waiting = [];
    private readonly Dictionary<string, SubscribeOptions> _requests = [];
    private SubscribeOptions _options;
    private long _bytes;
    private long _nextAt;
    private bool _isReady;
    private long _missed;

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <summary>What it was asked to do, all requests together.</summary>
    public SubscribeOptions Options
    {
        get
        {
            lock (_lock) return _options;
        }
    }

    /// <summary>Whether nobody asks for it any more.</summary>
    public bool IsUnwanted => _requests.Count == 0;

    /// <summary>Takes a request in, instead of an earlier one of the same id.</summary>
    public void Request(string id, SubscribeOptions options)
    {
        lock (_lock)
        {
            _requests[id] = options;
            _options = _requests.Values.Aggregate(SubscribeOptions.Merge);
        }
    }

    /// <summary>Takes requests back.</summary>
    /// <param name="id">Which one; null: all of them.</param>
    public void Withdraw(string? id)
    {
        lock (_lock)
        {
            if (id is null) _requests.Clear();
            else _requests.Remove(id);
            if (_requests.Count > 0) _options = _requests.Values.Aggregate(SubscribeOptions.Merge);
        }
    }

    public void Offer(FeedMessage message)
    {
        lock (_lock)
        {
            // Between two messages only what the client wants to be kept is kept.
            if (_options.QueueLength == 0 && time.GetTimestamp() < _nextAt) return;
            _waiting.Enqueue(message);
            _bytes += message.Payload.Length;
            if (_options.QueueLength == 0) SetNext();
            DropOldest();
            if (_isReady) return;
            _isReady = true;
        }
        onReady(this);
    }

    /// <summary>Takes the next message; null: there is none, or it is not its time.</summary>
    /// <param name="wait">How long until its time; null: the subscription says itself when there is one.</param>
    public FeedMessage? Take(out TimeSpan? wait)
    {
        lock (_lock)
        {
            wait = null;
            if (_options.QueueLength > 0 && time.GetTimestamp() is var now && now < _nextAt)
            {
                wait = time.GetElapsedTime(now, _nextAt);
                return null;
            }
            if (!_waiting.TryDequeue(out var message))
            {
                _isReady = false;
                return null;
            }
            _bytes -= message.Payload.Length;
            if (_options.QueueLength > 0) SetNext();
            return message;
        }
    }

    /// <summary>Messages that the client was too slow for since it was last asked.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    private void SetNext() => _nextAt = time.GetTimestamp() + (long)(_options.Throttle.TotalSeconds * time.TimestampFrequency);

    private void DropOldest()
    {
        // What a client that throttles leaves out is not for want of speed.
        var isThrottled = _options is { QueueLength: > 0, Throttle.Ticks: > 0 };
        var most = _options.QueueLength > 0 ? _options.QueueLength : DefaultQueue;
        while (_waiting.Count > most || (_bytes > MostBytes && _waiting.Count > 1))
        {
            _bytes -= _waiting.Dequeue().Payload.Length;
            if (!isThrottled) _missed++;
        }
    }
}
