using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>Keeps what a listener's <see cref="ITopicListener.Status"/> and gaps are made of, and logs what is wrong when that is news. Safe for all threads.</summary>
/// <param name="endpoint">Where it listens.</param>
/// <param name="time">Time.</param>
/// <param name="logger">Logs.</param>
internal sealed partial class ListenerState(OutputEndpoint endpoint, TimeProvider time, ILogger logger)
{
    /// <summary>A connection that comes and goes all the time is told by its last times.</summary>
    private const int MaxGaps = 100;

    private readonly Lock _lock = new();
    private readonly Queue<ListenerGap> _gaps = [];
    private DateTimeOffset? _since;
    private DateTimeOffset? _awaySince;
    private long _subscriptions;
    private string? _error;

    public ListenerStatus Status
    {
        get
        {
            lock (_lock) return new ListenerStatus(_since is not null && _awaySince is null, _since, Math.Max(0, _subscriptions - 1), _error);
        }
    }

    /// <summary>How often it was subscribed.</summary>
    public long Subscriptions
    {
        get
        {
            lock (_lock) return _subscriptions;
        }
    }

    /// <summary>It hears its topics from now on.</summary>
    /// <param name="problem">What it does not hear all the same; null: nothing.</param>
    public void Subscribed(string? problem)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_awaySince is { } from) Add(new ListenerGap(from, now, _error));
            (_since, _awaySince, _error) = (_since ?? now, null, problem);
            _subscriptions++;
        }
    }

    /// <summary>It hears nothing from now on.</summary>
    public void Failed(string error)
    {
        lock (_lock)
        {
            if (_since is not null) _awaySince ??= time.GetUtcNow();
            if (_error == error) return;
            _error = error;
        }
        LogProblem(logger, endpoint, error);
    }

    /// <summary>It does not hear all that it should.</summary>
    public void Warned(string problem)
    {
        lock (_lock)
        {
            if (_awaySince is not null || _error == problem) return;
            _error = problem;
        }
        LogProblem(logger, endpoint, problem);
    }

    public IReadOnlyList<ListenerGap> TakeGaps(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_awaySince is { } from && from < now)
            {
                Add(new ListenerGap(from, now, _error));
                _awaySince = now;
            }
            ListenerGap[] taken = [.. _gaps];
            _gaps.Clear();
            return taken;
        }
    }

    private void Add(ListenerGap gap)
    {
        if (_gaps.Count == MaxGaps) _gaps.Dequeue();
        _gaps.Enqueue(gap);
    }

    [LoggerMessage(271, LogLevel.Warning, "Listening at {Endpoint}: {Problem}")]
    private static partial void LogProblem(ILogger logger, OutputEndpoint endpoint, string problem);
}
