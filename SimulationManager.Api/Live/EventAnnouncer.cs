using SimulationManager.Core.LiveState;
using StackExchange.Redis;

namespace SimulationManager.Api.Live;

/// <summary>Publishes what the API itself does to runs. An event is news, not history: Redis being away undoes nothing.</summary>
public sealed partial class EventAnnouncer(LiveEventLog log, ILogger<EventAnnouncer> logger)
{
    public async Task AnnounceAsync(IEnumerable<LiveEvent> events)
    {
        try
        {
            await log.PublishAsync(events);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogNotAnnounced(logger, exception);
        }
    }

    [LoggerMessage(711, LogLevel.Warning, "An event was not published: Redis is away")]
    private static partial void LogNotAnnounced(ILogger logger, Exception exception);
}
