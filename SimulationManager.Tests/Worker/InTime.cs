namespace SimulationManager.Tests.Worker;

/// <summary>Checks that something is as quick as it is meant to be, though other tests use the same processor.</summary>
internal static class InTime
{
    private const int Tries = 3;

    /// <summary>Passes when one of a few tries took no longer than the limit.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <param name="measure">Does it, and tells how long it took.</param>
    public static async Task OnceAsync(TimeSpan limit, Func<Task<TimeSpan>> measure)
    {
        var took = new List<TimeSpan>();
        while (took.Count < Tries && !took.Exists(time => time <= limit)) took.Add(await measure());
        Assert.InRange(took.Min(), TimeSpan.Zero, limit);
    }
}
