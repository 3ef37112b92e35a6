using System.Collections.Concurrent;
using SimulationManager.Core.Grains;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Viewing;

/// <summary>The feeds of the agents that this silo plays. For any number of threads.</summary>
public sealed class AgentFeeds : IAsyncDisposable
{
    /// <summary>After this time without a call a caller is taken for lost.</summary>
    private static readonly TimeSpan CloseAfter = TimeSpan.FromSeconds(15);

    private readonly CohortPlayers _players;
    private readonly ReplayEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ConcurrentDictionary<Guid, AgentFeed> _open = new();
    private readonly ITimer _closing;

    /// <summary>Opens none yet.</summary>
    public AgentFeeds(CohortPlayers players, ReplayEngine engine, TimeProvider time, ILoggerFactory loggers)
    {
        (_players, _engine, _time, _loggers) = (players, engine, time, loggers);
        _closing = time.CreateTimer(_ => CloseAbandoned(), null, CloseAfter / 3, CloseAfter / 3);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.DisposeAsync();
        foreach (var feed in _open.Keys) await CloseAsync(feed);
    }

    /// <summary>Watches agents of an execution, those that come here later as well, unless the feed is open already.</summary>
    internal void Open(Guid feed, WatchedExecution execution, AgentChoice choice) => _open.GetOrAdd(feed, _ => Watch(execution, choice));

    /// <summary>An open feed.</summary>
    internal AgentFeed? Find(Guid feed) => _open.GetValueOrDefault(feed);

    /// <summary>Closes a feed if there is one.</summary>
    internal async Task CloseAsync(Guid feed)
    {
        if (_open.TryRemove(feed, out var open)) await open.DisposeAsync();
    }

    private void CloseAbandoned()
    {
        foreach (var (feed, open) in _open)
        {
            if (open.SinceLastCall > CloseAfter) _ = CloseAsync(feed);
        }
    }

    private AgentFeed Watch(WatchedExecution execution, AgentChoice choice)
    {
        var buffer = new FeedBuffer(_time);
        return new AgentFeed(() => PlayersOf(execution), player => Watch(player, execution, buffer), buffer, choice, _time);
    }

    private IEnumerable<CohortPlayer> PlayersOf(WatchedExecution execution) =>
        _players.List().Where(player => player.Key.Run == new RunKey(RunKind.Execution, execution.ExecutionId));

    private FeedCohort Watch(CohortPlayer player, WatchedExecution execution, FeedBuffer buffer) => new(
        player.Cohort!, player.Part!, PayloadPlans.Of(player.Part!.Output?.Options), $"{execution.SimulationId}", _engine.Clock.ZeroOn(_time), buffer, _loggers.CreateLogger<CohortViewer>());
}
