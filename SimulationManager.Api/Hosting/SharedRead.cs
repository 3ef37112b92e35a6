using SimulationManager.Core.Data;

namespace SimulationManager.Api.Hosting;

/// <summary>
/// A query that is the same for everybody. Requests that ask while it runs share the next one: each gets an answer that was
/// read after it asked, so nobody sees older data than by asking alone, and however many ask, PostgreSQL answers one at a time.
/// </summary>
/// <param name="scopes">The query has a scope of its own: it outlives a request that is given up.</param>
/// <param name="read">What is read. Its result is shared, so it must not change.</param>
internal sealed class SharedRead<T>(IServiceScopeFactory scopes, Func<RobotDbContext, Task<T>> read)
{
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private Task<T>? _next;

    /// <summary>The result of a query that begins after this call.</summary>
    /// <param name="cancellationToken">Gives up waiting; the query goes on for the others.</param>
    public Task<T> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _next ??= ReadAfterAsync(_running);
            return _next.WaitAsync(cancellationToken);
        }
    }

    private async Task<T> ReadAfterAsync(Task running)
    {
        // The caller holds the lock until it has kept this task.
        await Task.Yield();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _running = _next!;
            _next = null;
        }

        await using var scope = scopes.CreateAsyncScope();
        return await read(scope.ServiceProvider.GetRequiredService<RobotDbContext>());
    }
}
