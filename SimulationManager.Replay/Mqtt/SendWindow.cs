using MQTTnet.Exceptions;

namespace SimulationManager.Replay;

/// <summary>
/// Messages on their way over one connection that are not acknowledged yet. Whoever finds it full waits until half of it is free: to send as each single
/// acknowledgement comes costs a call of the system, and a wakeup, for every message. For any number of threads; one may wait.
/// </summary>
/// <param name="sink">Counts what is acknowledged.</param>
/// <param name="size">Messages at most, at least 1.</param>
internal sealed class SendWindow(MqttSink sink, int size)
{
    /// <summary>Packet identifiers from here on are those of messages in a window; the client, which numbers its packets from 1, has the others.</summary>
    public const ushort FirstIdentifier = 0x8000;

    private readonly Lock _lock = new();
    private readonly List<Sent> _messages = [];
    private readonly Stack<int> _free = new();
    private TaskCompletionSource? _waiting;
    private bool _isClosed;

    public bool IsEmpty
    {
        get
        {
            lock (_lock) return Taken == 0;
        }
    }

    private int Taken => _messages.Count - _free.Count;

    /// <summary>Takes a place for a message and counts it as sent.</summary>
    /// <returns>The packet's identifier; 0: there is no place.</returns>
    /// <exception cref="MqttClientNotConnectedException">The connection is lost.</exception>
    public ushort TryTake(MqttAgent agent, in ReplayMessage message, int bytes, bool isOut)
    {
        lock (_lock)
        {
            if (_isClosed) throw new MqttClientNotConnectedException();
            if (Taken == size) return 0;
            if (!_free.TryPop(out var index))
            {
                index = _messages.Count;
                _messages.Add(default);
            }
            _messages[index] = new Sent(agent, message, IsCounted: true);
            agent.Counter.CountSent(message, bytes, isOut, isAcknowledged: true);
            return (ushort)(FirstIdentifier + index);
        }
    }

    /// <summary>Completes once half of it is free, or the connection is lost.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isClosed || Taken <= size / 2) return Task.CompletedTask;
            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Counts a message as acknowledged or refused, whose place is free from here on. What was never sent is left alone.</summary>
    public void Acknowledge(ushort identifier, bool isTaken)
    {
        lock (_lock)
        {
            var index = identifier - FirstIdentifier;
            if (_isClosed || index >= _messages.Count || _messages[index] is not ({ } agent, var message, var isCounted)) return;
            if (isCounted && isTaken) sink.CountAcknowledged(agent, message);
            else if (isCounted) agent.Counter.CountLost(message, LossReason.Refused, isOut: true);
            _messages[index] = default;
            _free.Push(index);
            if (_waiting is null || Taken > size / 2) return;
            _waiting.SetResult();
            _waiting = null;
        }
    }

    /// <summary>Counts an agent's messages no more, whatever becomes of them: they are sent once more.</summary>
    public void Forget(MqttAgent agent)
    {
        lock (_lock)
        {
            for (var i = 0; i < _messages.Count; i++)
            {
                if (_messages[i].Agent == agent) _messages[i] = _messages[i] with { IsCounted = false };
            }
        }
    }

    /// <summary>What was not acknowledged when the connection was lost; null: that was asked for before. Nothing is acknowledged any more.</summary>
    public ReplayMessage[]? Close()
    {
        lock (_lock)
        {
            if (_isClosed) return null;
            _isClosed = true;
            _waiting?.SetResult();
            _waiting = null;
            var left = _messages.Where(sent => sent.IsCounted).Select(sent => sent.Message).ToArray();
            _messages.Clear();
            _free.Clear();
            return left;
        }
    }

    /// <param name="Agent">Null: the place is free.</param>
    /// <param name="Message">The message.</param>
    /// <param name="IsCounted">Whether anybody wants to know what becomes of it.</param>
    private readonly record struct Sent(MqttAgent? Agent, ReplayMessage Message, bool IsCounted);
}
