using SimulationManager.Api.Hosting;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>The runs that are watched through this process. For any number of threads.</summary>
internal sealed class ExecutionFeeds(WorkerConnection worker, FleetTable table, TimeProvider time, ILogger<ExecutionFeed> logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WatchedExecution, ExecutionFeed> _feeds = [];

    /// <summary>Lets somebody watch a run, until <see cref="LeaveAsync"/>.</summary>
    public ExecutionFeed Join(WatchedExecution execution, FeedViewer viewer)
    {
        lock (_lock)
        {
            if (!_feeds.TryGetValue(execution, out var feed))
            {
                feed = _feeds[execution] = new ExecutionFeed(execution, worker, table, time, logger);
                feed.Start();
            }
            feed.Add(viewer);
            return feed;
        }
    }

    /// <summary>Ends that; the last one ends the feed.</summary>
    public async ValueTask LeaveAsync(WatchedExecution execution, FeedViewer viewer)
    {
        ExecutionFeed feed;
        lock (_lock)
        {
            feed = _feeds[execution];
            if (feed.Remove(viewer) > 0) return;
            _feeds.Remove(execution);
        }
        await feed.DisposeAsync();
    }
}
