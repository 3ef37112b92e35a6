using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Viewing;

/// <summary>The feeds of the silo that its key names. They outlive the grain, which Orleans may take away when another silo is lost: its directory has entries there.</summary>
[Reentrant, PlacedOnNamedSilo]
public sealed class AgentFeedGrain(AgentFeeds feeds) : Grain, IAgentFeedGrain
{
    public Task Open(Guid feed, WatchedExecution execution, AgentChoice choice)
    {
        feeds.Open(feed, execution, choice);
        return Task.CompletedTask;
    }

    public async Task<AgentFeedBatch?> Next(Guid feed, long taken) => feeds.Find(feed) is { } open ? await open.NextAsync(taken) : null;

    public Task<bool> Choose(Guid feed, AgentChoice choice)
    {
        var open = feeds.Find(feed);
        open?.Choose(choice);
        return Task.FromResult(open is not null);
    }

    public Task Close(Guid feed) => feeds.CloseAsync(feed);
}
