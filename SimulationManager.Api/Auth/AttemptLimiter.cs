using System.Collections.Concurrent;
using SimulationManager.Api.Contract;
using StackExchange.Redis;

namespace SimulationManager.Api.Auth;

/// <summary>Counts attempts per minute, in Redis for all API processes together; in this process alone while Redis is away.</summary>
public sealed class AttemptLimiter(IConnectionMultiplexer redis, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _local = new();
    private long _localWindow;

    /// <summary>Counts one attempt.</summary>
    /// <param name="subject">Who or what attempts, for example <c>signin:address:127.0.0.1</c>.</param>
    /// <param name="limit">Attempts allowed per minute.</param>
    /// <returns>The minute in which it counts, for <see cref="ForgiveAsync"/>.</returns>
    /// <exception cref="RefusalException">There were too many (429).</exception>
    public async Task<long> CountAsync(string subject, int limit)
    {
        var now = time.GetUtcNow();
        var window = now.Ticks / Window.Ticks;
        if (await IncrementAsync(subject, window, 1) <= limit) return window;
        throw Refuse.TooManyAttempts(TimeSpan.FromTicks((window + 1) * Window.Ticks - now.Ticks));
    }

    /// <summary>Takes one attempt back: it was no attack.</summary>
    /// <param name="subject">Who or what attempted.</param>
    /// <param name="window">The minute in which it was counted: a later one must not allow one more for it.</param>
    public Task ForgiveAsync(string subject, long window) => IncrementAsync(subject, window, -1);

    private async Task<long> IncrementAsync(string subject, long window, int by)
    {
        RedisKey key = $"attempts:{subject}:{window}";
        try
        {
            var database = redis.GetDatabase();
            var count = database.StringIncrementAsync(key, by);
            await Task.WhenAll(count, database.KeyExpireAsync(key, Window * 2));
            return await count;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return IncrementLocal(key!, window, by);
        }
    }

    private long IncrementLocal(string key, long window, int by)
    {
        var last = Interlocked.Read(ref _localWindow);
        if (window > last && Interlocked.CompareExchange(ref _localWindow, window, last) == last) _local.Clear();
        return _local.AddOrUpdate(key, by, (_, count) => count + by);
    }
}
