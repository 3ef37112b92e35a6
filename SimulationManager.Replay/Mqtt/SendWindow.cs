namespace SimulationManager.Replay;

/// <summary>
/// Messages that may be on their way without an acknowledgement. Whoever finds it full waits until half of it is free: to send as each single
/// acknowledgement comes costs a call of the system, and a wakeup, for every message. For any number of threads; one may wait.
/// </summary>
/// <param name="size">Messages at most, at least 1.</param>
internal sealed class SendWindow(int size)
{
    private readonly Lock _lock = new();
    private int _taken;
    private TaskCompletionSource? _waiting;

    /// <summary>False: it is full.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (_taken == size) return false;
            _taken++;
            return true;
        }
    }

    /// <summary>Completes once half of it is free.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_taken <= size / 2) return Task.CompletedTask;
            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task.WaitAsync(cancellationToken);
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _taken--;
            if (_waiting is null || _taken > size / 2) return;
            _waiting.SetResult();
            _waiting = null;
        }
    }
}
