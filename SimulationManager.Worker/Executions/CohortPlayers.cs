using System.Collections.Concurrent;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>The cohorts that this silo plays. On shutdown they are frozen first, while the silo can still be reached, so that they go on elsewhere.</summary>
public sealed partial class CohortPlayers(CohortServices services, ILogger<CohortPlayers> logger) : IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<string, CohortPlayer> _players = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _draining = new();

    /// <summary>True once this silo takes no more agents.</summary>
    public bool IsDraining => _draining.IsCancellationRequested;

    /// <summary>The cohort of this key, or null.</summary>
    public CohortPlayer? Find(string key) => _players.GetValueOrDefault(key);

    /// <summary>All cohorts that play here.</summary>
    public IReadOnlyList<CohortPlayer> List() => [.. _players.Values];

    /// <summary>Makes a cohort ready; asking again for one that is there returns it.</summary>
    /// <exception cref="Bundles.BundleUnusableException">The bundle cannot be played.</exception>
    /// <exception cref="OperationCanceledException">The silo is draining.</exception>
    public async Task<CohortPlayer> PrepareAsync(string key, CohortOrder order)
    {
        if (Find(key) is { } known) return known;
        _draining.Token.ThrowIfCancellationRequested();
        var player = await CohortPlayer.PrepareAsync(key, order, services, () => _players.TryRemove(key, out _), _draining.Token);
        _players[key] = player;
        if (!IsDraining) return player;
        // The others were frozen while this one was made ready.
        await player.DisposeAsync();
        throw new OperationCanceledException(_draining.Token);
    }

    /// <summary>Forgets a cohort; forgetting one that is not there is no error.</summary>
    public ValueTask ReleaseAsync(string key) => Find(key)?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Agents and messages per second on this silo.</summary>
    public EngineLoad GetLoad() => services.Engine.GetLoad();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (IsDraining) return;
        await _draining.CancelAsync();
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

    public void Dispose() => _draining.Dispose();

    [LoggerMessage(411, LogLevel.Warning, "Cohort {Cohort} could not be frozen at shutdown")]
    private static partial void LogFreezeFailed(ILogger logger, Exception exception, string cohort);
}
