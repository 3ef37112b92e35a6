using System.Runtime.CompilerServices;
using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Viewing;

/// <summary>The feeds of the silo that its key names.</summary>
[Reentrant, PlacedOnNamedSilo]
public sealed class AgentFeedGrain(AgentFeeds feeds) : Grain, IAgentFeedGrain
{
    private readonly Dictionary<Guid, AgentFeed> _open = [];

    public async IAsyncEnumerable<AgentFeedBatch> Watch(
        Guid feed, WatchedExecution execution, AgentChoice choice, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var watched = _open[feed] = feeds.Open(execution, choice);
        try
        {
            while (true) yield return await watched.NextAsync(cancellationToken);
        }
        finally
        {
            _open.Remove(feed);
        }
    }

    public Task<bool> Choose(Guid feed, AgentChoice choice)
    {
        if (!_open.TryGetValue(feed, out var watched)) return Task.FromResult(false);
        watched.Choose(choice);
        return Task.FromResult(true);
    }
}
