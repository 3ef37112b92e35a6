namespace SimulationManager.Worker.Executions;

/// <summary>Resumes the one loop that waits when something has happened. What happens while it does not wait is not lost.</summary>
internal sealed class Signal(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiter;
    private bool _isSet;

    /// <summary>Resumes the loop, or lets its next wait return at once. Any thread.</summary>
    public void Set()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            (waiter, _waiter) = (_waiter, null);
            _isSet = waiter is null;
        }
        waiter?.TrySetResult();
    }

    /// <summary>Waits until it is set, at most for <paramref name="longest"/>.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter = new();
        lock (_lock)
        {
            if (_isSet)
            {
                _isSet = false;
                return;
            }
            _waiter = waiter;
        }
        // Not Task.WaitAsync: most waits last their time, which would be an exception each.
        await using var timer = time.CreateTimer(Resume, waiter, longest, Timeout.InfiniteTimeSpan);
        await using var registration = cancellationToken.UnsafeRegister(Resume, waiter);
        await waiter.Task;
        lock (_lock)
        {
            if (_waiter == waiter) _waiter = null;
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static void Resume(object? waiter) => ((TaskCompletionSource)waiter!).TrySetResult();
}
