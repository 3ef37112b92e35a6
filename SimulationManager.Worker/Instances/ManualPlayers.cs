using System.Collections.Concurrent;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Bundles;
using SimulationManager.Worker.Replay;
using StackExchange.Redis;

namespace SimulationManager.Worker.Instances;

/// <summary>
/// The manual instances that this silo plays. Once a second it saves where all of them are, in one statement, and lets go of those
/// that were stopped or given to another silo. On shutdown they are handed over first, while PostgreSQL can still be told.
/// </summary>
public sealed partial class ManualPlayers(
    ReplayEngine engine, BundleCache bundles, ManualInstanceStore store, LiveEventLog events, ILocalSiloDetails silo, TimeProvider time, ILogger<ManualPlayers> logger)
    : BackgroundService
{
    private const int HandOversAtOnce = 8;
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, ManualPlayer> _players = new();
    private volatile bool _draining;

    /// <summary>How instances' rows name this silo.</summary>
    public string Silo => silo.SiloAddress.ToParsableString();

    /// <summary>True once this silo takes no more agents.</summary>
    public bool IsDraining => _draining;

    /// <summary>Whether this silo plays an instance. One that is about to end has ended when the answer comes: it can be started again.</summary>
    public async Task<bool> PlaysAsync(long instanceId)
    {
        if (!_players.TryGetValue(instanceId, out var player)) return false;
        if (!player.IsEnding) return true;
        await player.Ended;
        return false;
    }

    /// <summary>Plays an instance that was given to this silo. The task completes once it plays, or once it is known that it cannot.</summary>
    public Task Play(ManualPlay play)
    {
        ManualPlayer? player = null;
        player = new ManualPlayer(play, engine, bundles, (status, error, released) => EndAsync(player!, play, status, error, released), logger);
        // Two starts at once have both been given the instance; it plays once.
        return _players.TryAdd(play.InstanceId, player) ? player.Start() : Task.CompletedTask;
    }

    /// <summary>Ends an instance here; one that does not play here is no error.</summary>
    public async Task ReleaseAsync(long instanceId)
    {
        if (_players.TryRemove(instanceId, out var player)) await player.DisposeAsync();
    }

    /// <summary>Ends an instance here and lets another silo go on with it from exactly where it is.</summary>
    public async Task HandOverAsync(long instanceId, CancellationToken cancellationToken)
    {
        if (!_players.TryRemove(instanceId, out var player)) return;
        try
        {
            await store.HandOverAsync(instanceId, Silo, await player.FreezeAsync(), cancellationToken);
        }
        catch (Exception exception)
        {
            // Another silo goes on from its last regular checkpoint, at most a second old, once this one has been silent for some seconds.
            LogHandOverFailed(logger, exception, instanceId);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _draining = true;
        await Parallel.ForEachAsync(
            _players.Keys,
            new ParallelOptions { MaxDegreeOfParallelism = HandOversAtOnce },
            async (id, _) => await HandOverAsync(id, cancellationToken));
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SaveInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SaveAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogSaveFailed(logger, exception, _players.Count);
            }
        }
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        ManualPlayer[] players = [.. _players.Values];
        if (players.Length == 0) return;
        var checkpoints = await Task.WhenAll(players.Select(player => player.CheckpointAsync()));
        var kept = (await store.SaveAsync(Silo, [.. players.Select(player => player.InstanceId)], checkpoints, cancellationToken)).ToHashSet();
        // One that has just ended is kept no more, either; it removes itself.
        foreach (var player in players.Where(player => !kept.Contains(player.InstanceId) && !player.IsEnding))
        {
            if (!Remove(player)) continue;
            LogReplaced(logger, player.InstanceId);
            await player.DisposeAsync();
        }
    }

    /// <summary>Lets go of this very player: the instance may have been started again meanwhile.</summary>
    private bool Remove(ManualPlayer player) => _players.TryRemove(new KeyValuePair<long, ManualPlayer>(player.InstanceId, player));

    private async Task EndAsync(ManualPlayer player, ManualPlay play, RunStatus status, string? error, CancellationToken released)
    {
        while (true)
        {
            try
            {
                var isEnd = await store.EndAsync(play.InstanceId, Silo, status, error, released);
                Remove(player);
                if (isEnd) await TellAsync(play, status, error);
                break;
            }
            catch (Exception exception) when (!released.IsCancellationRequested)
            {
                LogEndNotSaved(logger, exception, play.InstanceId);
                await Task.Delay(SaveInterval, time, released);
            }
        }
        if (status == RunStatus.Failed) LogFailed(logger, play.InstanceId, error);
    }

    private async Task TellAsync(ManualPlay play, RunStatus status, string? error)
    {
        try
        {
            await events.PublishAsync([LiveEvents.OfManualInstance(play.SimulationId, play.InstanceId, status, error, time.GetUtcNow())]);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogNotTold(logger, exception, play.InstanceId);
        }
    }

    [LoggerMessage(481, LogLevel.Warning, "Where {Count} manual instance(s) are was not saved; they play on")]
    private static partial void LogSaveFailed(ILogger logger, Exception exception, int count);

    [LoggerMessage(482, LogLevel.Warning, "Manual instance {Instance} was stopped or given to another silo; it ends here")]
    private static partial void LogReplaced(ILogger logger, long instance);

    [LoggerMessage(483, LogLevel.Warning, "Manual instance {Instance} could not be handed over")]
    private static partial void LogHandOverFailed(ILogger logger, Exception exception, long instance);

    [LoggerMessage(484, LogLevel.Warning, "The end of manual instance {Instance} was not saved; trying again")]
    private static partial void LogEndNotSaved(ILogger logger, Exception exception, long instance);

    [LoggerMessage(487, LogLevel.Warning, "Redis is away: the end of manual instance {Instance} was not published")]
    private static partial void LogNotTold(ILogger logger, Exception exception, long instance);

    [LoggerMessage(485, LogLevel.Warning, "Manual instance {Instance} failed: {Error}")]
    private static partial void LogFailed(ILogger logger, long instance, string? error);
}
