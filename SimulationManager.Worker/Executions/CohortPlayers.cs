using System.Collections.Concurrent;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>The cohorts that this silo plays. On shutdown they are handed over first, while the silo can still be reached, so that they go on elsewhere.</summary>
public sealed partial class CohortPlayers(CohortServices services, ILogger<CohortPlayers> logger) : IHostedService
{
    private readonly ConcurrentDictionary<CohortKey, CohortPlayer> _players = [];
    private volatile bool _isDraining;

    /// <summary>True once this silo takes no more agents.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>The cohort of this key, or null.</summary>
    public CohortPlayer? Find(CohortKey key) => _players.GetValueOrDefault(key);

    /// <summary>The cohorts whose agents are in the engine.</summary>
    public IReadOnlyList<CohortPlayer> List() => [.. _players.Values.Where(player => player.Cohort is not null)];

    /// <summary>Plays a cohort that is assigned to this silo, unless it does so already or shuts down.</summary>
    public void Play(CohortKey key)
    {
        if (_isDraining) return;
        var player = new CohortPlayer(key, services, Forget);
        if (!_players.TryAdd(key, player)) return;
        player.Start();
        // The others were handed over meanwhile.
        if (_isDraining) _ = player.DisposeAsync().AsTask();
    }

    /// <summary>Agents and messages per second on this silo.</summary>
    public EngineLoad GetLoad() => services.Engine.GetLoad();

    /// <summary>True when this silo cannot keep up.</summary>
    public bool IsOverloaded => services.IsOverloaded();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        await Task.WhenAll(_players.Values.Select(player => HandOverAsync(player, cancellationToken)));
    }

    private async Task HandOverAsync(CohortPlayer player, CancellationToken cancellationToken)
    {
        try
        {
            await player.HandOverAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            // Then the agents go on from the last regular checkpoint, at most a second old.
            LogHandOverFailed(logger, exception, player.Key);
        }
        await player.DisposeAsync();
    }

    private void Forget(CohortPlayer player) => _players.TryRemove(new KeyValuePair<CohortKey, CohortPlayer>(player.Key, player));

    [LoggerMessage(411, LogLevel.Warning, "Cohort {Cohort} could not be handed over at shutdown")]
    private static partial void LogHandOverFailed(ILogger logger, Exception exception, CohortKey cohort);
}
