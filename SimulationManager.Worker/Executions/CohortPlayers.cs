using System.Collections.Concurrent;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>The cohorts that this silo plays. On shutdown they are frozen first, while the silo can still be reached, so that they go on elsewhere.</summary>
public sealed partial class CohortPlayers(CohortServices services, ILogger<CohortPlayers> logger) : IHostedService
{
    private readonly ConcurrentDictionary<string, CohortPlayer> _players = new(StringComparer.Ordinal);

    /// <summary>True once this silo takes no more agents.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>The cohort of this key, or null.</summary>
    public CohortPlayer? Find(string key) => _players.GetValueOrDefault(key);

    /// <summary>All cohorts that play here.</summary>
    public IReadOnlyList<CohortPlayer> List() => [.. _players.Values];

    /// <summary>Makes a cohort ready; asking again for one that is there returns it.</summary>
    /// <exception cref="Bundles.BundleUnusableException">The bundle cannot be played.</exception>
    /// <exception cref="InvalidOperationException">The silo is draining.</exception>
    public async Task<CohortPlayer> PrepareAsync(string key, CohortOrder order, CancellationToken cancellationToken)
    {
        if (Find(key) is { } known) return known;
        if (IsDraining) throw new InvalidOperationException("This silo is shutting down.");
        var player = await CohortPlayer.PrepareAsync(key, order, services, () => _players.TryRemove(key, out _), cancellationToken);
        _players[key] = player;
        return player;
    }

    /// <summary>Forgets a cohort; forgetting one that is not there is no error.</summary>
    public ValueTask ReleaseAsync(string key) => Find(key)?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Agents and messages per second on this silo.</summary>
    public EngineLoad GetLoad() => services.Engine.GetLoad();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        IsDraining = true;
        foreach (var (key, player) in _players)
        {
            try
            {
                await player.FreezeAsync(cancellationToken);
            }
            catch (Exception exception)
            {
                // The last regular checkpoint, at most a second old, is what the agents go on from then.
                LogFreezeFailed(logger, exception, key);
                await player.DisposeAsync();
            }
        }
    }

    [LoggerMessage(411, LogLevel.Warning, "Cohort {Cohort} could not be frozen at shutdown")]
    private static partial void LogFreezeFailed(ILogger logger, Exception exception, string cohort);
}
