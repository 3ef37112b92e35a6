using SimulationManager.Core.Grains;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Viewing;

/// <summary>Messages between viewers of cohorts and a feed that takes them. Viewers never wait: what does not fit is counted. For any number of threads.</summary>
internal sealed class FeedBuffer(TimeProvider time)
{
    private const int MostMessages = 16_384;
    private const long MostBytes = 64 << 20;

    /// <summary>Bytes after which a batch gets no further message: long enough that a batch is worth its call, short enough that calls of others get through.</summary>
    private const int BatchBytes = 1 << 20;

    private readonly Queue<WatchedMessage> _messages = [];
    private readonly Signal _news = new(time);
    private long _bytes;
    private long _missed;

    /// <summary>Adds a message, unless the buffer is full.</summary>
    public void Add(in WatchedMessage message)
    {
        lock (_messages)
        {
            if (_messages.Count == MostMessages || (_bytes > 0 && _bytes + message.Payload.Length > MostBytes))
            {
                _missed++;
                return;
            }
            _messages.Enqueue(message);
            _bytes += message.Payload.Length;
        }
        _news.Set();
    }

    /// <summary>Counts a message that never got here.</summary>
    public void CountMissed()
    {
        lock (_messages) _missed++;
    }

    /// <summary>Takes what has come so far, a part of it if that is much, and what was missed since the last time.</summary>
    public (IReadOnlyList<WatchedMessage> Messages, long Missed) Take()
    {
        lock (_messages)
        {
            List<WatchedMessage> taken = [];
            for (var bytes = 0L; bytes < BatchBytes && _messages.TryDequeue(out var message); bytes += message.Payload.Length) taken.Add(message);
            _bytes -= taken.Sum(message => (long)message.Payload.Length);
            var missed = _missed;
            _missed = 0;
            return (taken, missed);
        }
    }

    /// <summary>Ends the waiting.</summary>
    public void Wake() => _news.Set();

    /// <summary>Waits for messages, at most for a time.</summary>
    public Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken) => _news.WaitAsync(longest, cancellationToken);
}
