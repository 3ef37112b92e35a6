using SimulationManager.Core.Bundles;
using SimulationManager.Core.Grains;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Recordings;

/// <summary>A recording that a viewer has open; disposing gives it back.</summary>
internal sealed class OpenRecording(BundleLease lease, ReplayTimeline timeline, Action giveBack) : IDisposable
{
    /// <summary>All its messages.</summary>
    public ReplayTimeline Timeline => timeline;

    /// <summary>Its topics, in the order of the timeline.</summary>
    public IReadOnlyList<WatchedTopic> Topics { get; } = [.. ViewedTopic.Of(timeline).Select(WatchedTopic.Of)];

    /// <summary>Ends when all of it is here.</summary>
    /// <exception cref="BundleUnusableException">It will not come.</exception>
    public Task Complete => lease.Complete;

    public void Dispose()
    {
        lease.Dispose();
        giveBack();
    }
}
