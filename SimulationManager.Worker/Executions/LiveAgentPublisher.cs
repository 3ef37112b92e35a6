using SimulationManager.Core.LiveState;

namespace SimulationManager.Worker.Executions;

/// <summary>Once a second writes where this silo's agents are to Redis, in one round trip per execution. Redis being away stops nothing.</summary>
public sealed partial class LiveAgentPublisher(CohortPlayers players, LiveAgentStore store, TimeProvider time, ILogger<LiveAgentPublisher> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RedisWithin = TimeSpan.FromSeconds(2);

    private bool _redisAway;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var execution in players.List().Where(player => player.Key.Run.Kind == RunKind.Execution).GroupBy(player => player.Key.Run.Id))
                {
                    var cohorts = await Task.WhenAll(execution.Select(player => player.LiveAsync()));
                    await store.WriteAsync(execution.Key, cohorts).WaitAsync(RedisWithin, time, stoppingToken);
                }
                _redisAway = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_redisAway) LogRedisAway(logger, exception);
                _redisAway = true;
            }
        }
    }

    [LoggerMessage(463, LogLevel.Warning, "Redis does not take the state of this silo's agents; readers see how their steps and groups stand")]
    private static partial void LogRedisAway(ILogger logger, Exception exception);
}
