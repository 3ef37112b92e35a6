namespace SimulationManager.Replay;

/// <summary>What becomes of one agent's messages at one endpoint: counts that go on, and the messages that are on their way. For any number of threads.</summary>
/// <param name="pending">Messages that were on their way where the agent published before.</param>
internal sealed class PublishCounter(PendingMessages pending)
{
    private readonly Lock _lock = new();
    private readonly MessageRuns _waiting = new(pending.Waiting);
    private readonly MessageRuns _unacknowledged = new(pending.Unacknowledged);
    private readonly long[] _lost = new long[PublishCounts.Reasons];
    private long _out;
    private long _acknowledged;
    private long _bytes;
    private long _resent;
    private long _unchanged;
    private volatile bool _isFrozen;

    public PublishCounts Counts
    {
        get
        {
            lock (_lock) return CountsNow();
        }
    }

    /// <summary>Whether nothing is counted of messages that waited: they are another's to publish, from where they are now.</summary>
    public bool IsFrozen
    {
        get => _isFrozen;
        set
        {
            lock (_lock) _isFrozen = value;
        }
    }

    /// <summary>A message of the pass waits to be published.</summary>
    public void Offer(in ReplayMessage message)
    {
        if (!IsOfPass(message)) return;
        lock (_lock) _waiting.Add(message.Repeat, message.Index);
    }

    /// <summary>Counts a message that was handed over to the network.</summary>
    /// <param name="message">The message.</param>
    /// <param name="bytes">Of its payload.</param>
    /// <param name="isOut">Whether it was handed over before.</param>
    /// <param name="isAcknowledged">Whether it will be acknowledged.</param>
    public void CountSent(in ReplayMessage message, int bytes, bool isOut, bool isAcknowledged)
    {
        lock (_lock)
        {
            if (_isFrozen) return;
            if (message.IsAgain) _resent++;
            if (!isOut)
            {
                _out++;
                _bytes += bytes;
            }
            if (!IsOfPass(message) || (isOut && isAcknowledged)) return;
            (isOut ? _unacknowledged : _waiting).Remove(message.Repeat, message.Index);
            if (isAcknowledged) _unacknowledged.Add(message.Repeat, message.Index);
        }
    }

    /// <summary>Counts a message that was handed over before.</summary>
    public void CountAcknowledged(in ReplayMessage message)
    {
        lock (_lock)
        {
            if (_isFrozen) return;
            _acknowledged++;
            if (IsOfPass(message)) _unacknowledged.Remove(message.Repeat, message.Index);
        }
    }

    /// <param name="message">The message.</param>
    /// <param name="reason">Why it is lost.</param>
    /// <param name="isOut">Whether it was handed over to the network.</param>
    public void CountLost(in ReplayMessage message, LossReason reason, bool isOut = false)
    {
        lock (_lock)
        {
            if (_isFrozen) return;
            _lost[(int)reason]++;
            if (IsOfPass(message)) (isOut ? _unacknowledged : _waiting).Remove(message.Repeat, message.Index);
        }
    }

    /// <summary>Counts a message that did not get as far as to wait, or that an agent would have said of its own.</summary>
    public void CountLost(LossReason reason)
    {
        lock (_lock) _lost[(int)reason]++;
    }

    public void CountUnchanged()
    {
        lock (_lock) _unchanged++;
    }

    /// <summary>Counts what an agent says of its own, as a vehicle does.</summary>
    public void CountSaid(int bytes, bool isAcknowledged)
    {
        lock (_lock)
        {
            _out++;
            _bytes += bytes;
            if (isAcknowledged) _acknowledged++;
        }
    }

    public AgentPublished Snapshot()
    {
        lock (_lock) return new(CountsNow(), new PendingMessages(_waiting.ToArray(), _unacknowledged.ToArray()));
    }

    private static bool IsOfPass(in ReplayMessage message) => !message.IsClock && !message.IsLatched;

    private PublishCounts CountsNow() => new()
    {
        Out = _out,
        Acknowledged = _acknowledged,
        Bytes = _bytes,
        Resent = _resent,
        Unchanged = _unchanged,
        Lost = [.. _lost],
    };
}
