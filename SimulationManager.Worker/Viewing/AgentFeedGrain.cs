using Orleans.Concurrency;
using SimulationManager.Core.Grains;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Viewing;

/// <summary>The feeds of the silo that its key names. They outlive the grain, which Orleans may take away when another silo is lost: its directory has entries there.</summary>
[Reentrant, PlacedOnNamedSilo]
public sealed class AgentFeedGrain(AgentFeeds feeds) : Grain, IAgentFeedGrain
{
    public Task<AgentFeedBatch> Next(Guid feed, WatchedExecution execution, AgentChoice choice, long taken) => feeds.NextAsync(feed, execution, choice, taken);

    public Task<bool> Choose(Guid feed, AgentChoice choice) => Task.FromResult(feeds.TryChoose(feed, choice));

    public Task Close(Guid feed) => feeds.CloseAsync(feed);
}
