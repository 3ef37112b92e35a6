using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>
/// What is told of all agents of a run together, for all who watch that through this process: one message for any number of agents. Workers look where agents are only
/// while somebody watches it. For any number of threads.
/// </summary>
/// <param name="onNeedChanged">Is told that <see cref="NeedsPositions"/> has changed.</param>
internal sealed class FleetFeed(Action onNeedChanged)
{
    private readonly Lock _lock = new();
    private readonly List<QueuedSubscription>[] _subscriptions = [.. Topics.Select(_ => new List<QueuedSubscription>())];
    private readonly FeedMessage?[] _latest = new FeedMessage?[Topics.Count];
    private FleetPicture _picture = new();
    private volatile bool _needsPositions;

    /// <summary>The topics.</summary>
    public static IReadOnlyList<FeedTopic> Topics { get; } =
    [
        new FeedTopic(new WatchedTopic { Name = "/fleet/transforms", Type = "foxglove_msgs/msg/FrameTransforms", Definition = FleetSchemas.FrameTransforms, DefinitionEncoding = "ros2msg", LatchedDepth = 1 }, 0),
        new FeedTopic(new WatchedTopic { Name = "/fleet/scene", Type = "foxglove_msgs/msg/SceneUpdate", Definition = FleetSchemas.SceneUpdate, DefinitionEncoding = "ros2msg", LatchedDepth = 1 }, 1),
    ];

    /// <summary>Whether somebody watches where agents are.</summary>
    public bool NeedsPositions => _needsPositions;

    /// <summary>The topic with a name; null: it is none of these.</summary>
    public static FeedTopic? Find(string name) => Topics.FirstOrDefault(topic => topic.Name == name);

    /// <summary>Gives messages of a topic to a subscription; the whole picture of now comes first, as far as it is known.</summary>
    public void Subscribe(FeedTopic topic, QueuedSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions[topic.Index].Add(subscription);
            if (!_picture.IsEmpty) subscription.Offer(_latest[topic.Index] ??= _picture.Write(topic));
        }
        Refresh();
    }

    /// <summary>Gives nothing more to a subscription. False: it is none of these topics'.</summary>
    public bool Unsubscribe(QueuedSubscription subscription)
    {
        lock (_lock)
        {
            if (!Array.Exists(_subscriptions, watching => watching.Remove(subscription))) return false;
        }
        Refresh();
        return true;
    }

    /// <summary>Takes where agents on a silo are.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="positions">Where they are.</param>
    /// <param name="catalog">Who plays.</param>
    public void Take(string silo, FleetPositions positions, FeedCatalog catalog)
    {
        lock (_lock)
        {
            // One that was on its way when the last viewer left.
            if (!_needsPositions || !_picture.Take(silo, positions, catalog)) return;
            foreach (var topic in Topics)
            {
                _latest[topic.Index] = null;
                if (_subscriptions[topic.Index] is not { Count: > 0 } watching) continue;
                var message = _latest[topic.Index] = _picture.Write(topic);
                foreach (var subscription in watching) subscription.Offer(message);
            }
        }
    }

    private void Refresh()
    {
        lock (_lock)
        {
            var needed = Array.Exists(_subscriptions, watching => watching.Count > 0);
            if (needed == _needsPositions) return;
            _needsPositions = needed;
            if (!needed)
            {
                // It would be an old one for whoever comes next.
                _picture = new FleetPicture();
                Array.Clear(_latest);
            }
        }
        onNeedChanged();
    }
}
