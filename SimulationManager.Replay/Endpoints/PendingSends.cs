namespace SimulationManager.Replay;

/// <summary>
/// Messages that agents have put out before, at an endpoint that had not got them or has not acknowledged them: they are published before new ones. Any thread
/// adds; one at a time publishes.
/// </summary>
internal sealed class PendingSends
{
    private readonly List<(ReplayMessage Message, bool IsOut)> _messages = [];
    private bool _isPublishing;

    /// <summary>Whether there is none, and none being published.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_messages) return !_isPublishing && _messages.Count == 0;
        }
    }

    /// <summary>Adds messages, with whether they were handed over to the network before.</summary>
    public void Add(IEnumerable<(ReplayMessage Message, bool IsOut)> messages)
    {
        lock (_messages) _messages.AddRange(messages);
    }

    /// <summary>Has an agent published from what is known of it, instead of from what was added before.</summary>
    public void Replace(long agent, IEnumerable<(ReplayMessage Message, bool IsOut)> messages)
    {
        lock (_messages)
        {
            _messages.RemoveAll(pending => pending.Message.Agent == agent);
            _messages.AddRange(messages);
        }
    }

    /// <summary>Publishes what was added until now, each agent's in its order.</summary>
    /// <param name="publish">Publishes one; what it throws leaves that one and those after it pending.</param>
    /// <param name="flush">Ends it; what it throws leaves none pending.</param>
    public async Task PublishAsync(Func<ReplayMessage, bool, ValueTask> publish, Func<ValueTask>? flush = null)
    {
        (ReplayMessage Message, bool IsOut)[] messages;
        lock (_messages)
        {
            messages = [.. _messages.OrderBy(pending => pending.Message.SentAt).ThenBy(pending => pending.Message.Repeat).ThenBy(pending => pending.Message.Index)];
            _messages.Clear();
            _isPublishing = true;
        }
        var next = 0;
        try
        {
            for (; next < messages.Length; next++) await publish(messages[next].Message with { IsAgain = true }, messages[next].IsOut);
            if (flush is not null) await flush();
        }
        finally
        {
            lock (_messages)
            {
                _messages.AddRange(messages.AsSpan(next));
                _isPublishing = false;
            }
        }
    }

    /// <summary>Takes all, which will not be published any more, and counts them as lost.</summary>
    public void CountLost(Func<ReplayMessage, PublishCounter> counterOf)
    {
        lock (_messages)
        {
            foreach (var (message, isOut) in _messages) counterOf(message).CountLost(message, isOut ? LossReason.Unacknowledged : LossReason.Ended, isOut);
            _messages.Clear();
        }
    }
}
