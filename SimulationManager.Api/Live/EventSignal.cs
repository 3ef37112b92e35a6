using SimulationManager.Core.LiveState;
using StackExchange.Redis;

namespace SimulationManager.Api.Live;

/// <summary>Says when there are new events: one subscription of this process wakes all who wait.</summary>
public sealed partial class EventSignal(IConnectionMultiplexer redis, ILogger<EventSignal> logger) : IDisposable
{
    private readonly SemaphoreSlim _subscribing = new(1, 1);
    private bool _isSubscribed;
    private TaskCompletionSource _next = New();

    /// <summary>Completes with the next event.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Makes sure that events are listened for. While Redis is away nothing wakes: who waits looks by itself at times.</summary>
    public async Task ListenAsync(CancellationToken cancellationToken)
    {
        await _subscribing.WaitAsync(cancellationToken);
        try
        {
            if (_isSubscribed) return;
            await redis.GetSubscriber().SubscribeAsync(LiveEventLog.Channel, (_, _) => Wake());
            _isSubscribed = true;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogNotListening(logger, exception);
        }
        finally
        {
            _subscribing.Release();
        }
    }

    public void Dispose() => _subscribing.Dispose();

    private void Wake() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(701, LogLevel.Warning, "Redis is away: new events are looked for instead of being told")]
    private static partial void LogNotListening(ILogger logger, Exception exception);
}
