namespace SimulationManager.Replay;

/// <summary>How the connection of an agent is cut when a fault of its fleet says so.</summary>
internal sealed partial class MqttConnection
{
    /// <summary>How long what was put out before may take.</summary>
    private static readonly TimeSpan CutWithin = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    /// <summary>On the engine's clock.</summary>
    private long _cutUntil = long.MinValue;
    private volatile TaskCompletionSource _cutChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it is away because a fault says so.</summary>
    private bool IsCut => _sink.Plan.Clock.Now < Volatile.Read(ref _cutUntil);

    public void OnDisconnect(long agent, long until)
    {
        // What agents share stays for the others.
        if (_agent is null) return;
        Volatile.Write(ref _cutUntil, until);
        Interlocked.Exchange(ref _cutChanged, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        if (IsCut && Session is { } session) _ = CutAsync(session);
    }

    /// <summary>Closes the connection without a goodbye, so that the broker tells the Last Will.</summary>
    private async Task CutAsync(MqttSession session)
    {
        await Task.Yield();
        using var giveUp = new CancellationTokenSource(CutWithin, _sink.Plan.Time);
        await DrainAsync(giveUp.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await session.Wire.Channel.DisconnectAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Waits until it may be made anew.</summary>
    private async Task WaitWhileCutAsync()
    {
        while (IsCut)
        {
            // Before the time is read: it may be over sooner.
            var changed = _cutChanged.Task;
            // Rounded up: a tick has 100 nanoseconds.
            var wait = TimeSpan.FromTicks(Math.Max(0, (Volatile.Read(ref _cutUntil) - _sink.Plan.Clock.Now) / 100) + 1);
            await changed.WaitAsync(wait < LongestDelay ? wait : LongestDelay, _sink.Plan.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stopping.Token.ThrowIfCancellationRequested();
            Volatile.Write(ref _awaySince, _sink.Plan.Time.GetTimestamp());
        }
    }
}
