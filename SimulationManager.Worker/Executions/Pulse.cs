namespace SimulationManager.Worker.Executions;

/// <summary>Wakes everyone who waits when something has happened; used by one grain, so by one thread at a time.</summary>
internal sealed class Pulse(TimeProvider time)
{
    private TaskCompletionSource _beat = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Beat()
    {
        var beat = _beat;
        _beat = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        beat.SetResult();
    }

    /// <summary>Returns at the next beat, at the latest after <paramref name="longest"/>.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(longest, time, waited.Token);
        await Task.WhenAny(_beat.Task, delay);
        await waited.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
