namespace SimulationManager.Replay;

/// <summary>How long a client waits before it connects anew: ever longer, from 0.25 s to 15 s.</summary>
internal static class ReconnectWait
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    /// <param name="failures">How often it has failed since it was connected.</param>
    public static TimeSpan After(int failures)
    {
        var wait = TimeSpan.FromTicks(Math.Min(Longest.Ticks, Shortest.Ticks << Math.Min(failures, 10)));
        // A fleet whose server comes back must not come back all at once.
        return wait * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
