using SimulationManager.Core.Data;

namespace SimulationManager.Api.Hosting;

/// <summary>
/// A query that is the same for all who ask for the same thing. Requests that ask while it runs share the next one: each gets an
/// answer that was read after it asked, so nobody sees older data than by asking alone, and however many ask for one thing,
/// PostgreSQL answers one at a time.
/// </summary>
/// <param name="scopes">The query has a scope of its own: it outlives a request that is given up.</param>
/// <param name="read">What is read for a key. Its result is shared, so it must not change.</param>
internal sealed class SharedRead<TKey, T>(IServiceScopeFactory scopes, Func<RobotDbContext, TKey, Task<T>> read)
    where TKey : notnull
{
    private readonly Lock _lock = new();

    /// <summary>Only what is being read now.</summary>
    private readonly Dictionary<TKey, Turns> _turns = [];

    /// <summary>The result of a query that begins after this call.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="cancellationToken">Gives up waiting; the query goes on for the others.</param>
    public Task<T> GetAsync(TKey key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_turns.TryGetValue(key, out var turns)) _turns[key] = turns = new Turns();
            turns.Next ??= ReadAfterAsync(key, turns);
            return turns.Next.WaitAsync(cancellationToken);
        }
    }

    private async Task<T> ReadAfterAsync(TKey key, Turns turns)
    {
        // The caller holds the lock until it has kept this task.
        await Task.Yield();
        await turns.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            turns.Running = turns.Next!;
            turns.Next = null;
        }

        try
        {
            await using var scope = scopes.CreateAsyncScope();
            return await read(scope.ServiceProvider.GetRequiredService<RobotDbContext>(), key);
        }
        finally
        {
            lock (_lock)
            {
                if (turns.Next is null) _turns.Remove(key);
            }
        }
    }

    private sealed class Turns
    {
        public Task Running { get; set; } = Task.CompletedTask;

        public Task<T>? Next { get; set; }
    }
}
