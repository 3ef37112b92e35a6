namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>
/// A topic that a viewer watches. What comes faster than the viewer takes it is left out, the oldest first, and counted. For one thread that gives and one that takes.
/// </summary>
/// <param name="name">The full name of the topic.</param>
/// <param name="onReady">Is told when there is something to take and there was nothing before.</param>
/// <param name="time">The clock.</param>
internal class QueuedSubscription(string name, Action<QueuedSubscription> onReady, TimeProvider time)
{
    /// <summary>Messages that wait for a viewer that did not say how many it wants to be kept, and bytes of them in any case.</summary>
    private const int DefaultQueue = 1000;
    private const int MostBytes = 16 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<FeedMessage> _waiting = [];
    private TimeSpan _throttle;
    private int _queueLength;
    private long _bytes;
    private long _nextAt;
    private bool _isReady;
    private long _missed;

    /// <summary>The full name of the topic, which nobody may have yet.</summary>
    public string Name { get; } = name;

    /// <summary>Takes a message from the feed. Does not wait.</summary>
    public void Offer(FeedMessage message)
    {
        lock (_lock)
        {
            // Between two messages only what the viewer wants to be kept is kept.
            if (_queueLength == 0 && time.GetTimestamp() < _nextAt) return;
            _waiting.Enqueue(message);
            _bytes += message.Payload.Length;
            if (_queueLength == 0) SetNext();
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
            if (_queueLength > 0 && time.GetTimestamp() is var now && now < _nextAt)
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
            if (_queueLength > 0) SetNext();
            return message;
        }
    }

    /// <summary>Forgets the messages that wait.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _waiting.Clear();
            _bytes = 0;
        }
    }

    /// <summary>Messages that the viewer was too slow for since it was last asked.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    /// <summary>Changes what comes.</summary>
    /// <param name="throttle">The shortest time between two messages.</param>
    /// <param name="queueLength">Messages of the time between that are kept, the newest; 0: none.</param>
    protected void Limit(TimeSpan throttle, int queueLength)
    {
        lock (_lock) (_throttle, _queueLength) = (throttle, queueLength);
    }

    private void SetNext() => _nextAt = time.GetTimestamp() + (long)(_throttle.TotalSeconds * time.TimestampFrequency);

    private void DropOldest()
    {
        // What a viewer that throttles leaves out is not for want of speed.
        var isThrottled = _queueLength > 0 && _throttle > TimeSpan.Zero;
        var most = _queueLength > 0 ? _queueLength : DefaultQueue;
        while (_waiting.Count > most || (_bytes > MostBytes && _waiting.Count > 1))
        {
            _bytes -= _waiting.Dequeue().Payload.Length;
            if (!isThrottled) _missed++;
        }
    }
}
