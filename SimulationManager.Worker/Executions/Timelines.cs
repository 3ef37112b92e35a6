using SimulationManager.Core.Bundles;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Worker.Executions;

/// <summary>What a part's agents play.</summary>
public interface ITimelines
{
    /// <summary>Opens a part's bundle, which may follow, or shares it with those who have it open.</summary>
    /// <exception cref="BundleUnusableException">The bundle cannot be played.</exception>
    Task<IPartTimeline> OpenAsync(PlannedPart part, CancellationToken cancellationToken);
}

/// <summary>An open timeline; disposing releases its bundle.</summary>
public interface IPartTimeline : IDisposable
{
    ReplayTimeline Timeline { get; }

    /// <summary>Ends when the whole bundle is on this silo; agents may begin before.</summary>
    /// <exception cref="BundleUnusableException">It cannot be had.</exception>
    Task Complete { get; }
}

/// <summary>Timelines of bundles in object storage, through this silo's cache.</summary>
public sealed class BundleTimelines(BundleCache bundles) : ITimelines
{
    public async Task<IPartTimeline> OpenAsync(PlannedPart part, CancellationToken cancellationToken)
    {
        var lease = await bundles.OpenAsync(part.Files, cancellationToken);
        try
        {
            var playback = part.Playback ?? new PlaybackOptions();
            return new Open(lease, lease.Recording.TimelineOf(PlayedTopics.Of(part), byPublishTime: playback.MessageOrder == MessageOrder.Sent).Renamed(playback.Remap));
        }
        catch (BagFormatException exception)
        {
            lease.Dispose();
            throw new BundleUnusableException($"the bag cannot be read: {exception.Message}", exception);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private sealed record Open(BundleLease Lease, ReplayTimeline Timeline) : IPartTimeline
    {
        public Task Complete => Lease.Complete;

        public void Dispose() => Lease.Dispose();
    }
}
