using SimulationManager.Core.Grains;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>
/// What is told of all agents of a run together, for all who watch that through this process: one message for any number of agents. It is looked where agents are, and how
/// they stand, only while somebody watches that. For any number of threads.
/// </summary>
/// <param name="onNeedChanged">Is told that <see cref="NeedsPositions"/> has changed.</param>
internal sealed class FleetFeed(Action onNeedChanged)
{
    /// <summary>Index of the only topic that is not about positions.</summary>
    private const int Table = 2;

    private readonly Lock _lock = new();
    private readonly List<QueuedSubscription>[] _subscriptions = [.. Topics.Select(_ => new List<QueuedSubscription>())];
    private readonly FeedMessage?[] _latest = new FeedMessage?[Topics.Count];
    private FleetPicture _picture = new();
    private volatile bool _needsPositions;
    private volatile bool _needsTable;

    /// <summary>The topics.</summary>
    public static IReadOnlyList<FeedTopic> Topics { get; } =
    [
        new FeedTopic(new WatchedTopic { Name = "/fleet/transforms", Type = "foxglove_msgs/msg/FrameTransforms", Definition = FleetSchemas.FrameTransforms, DefinitionEncoding = "ros2msg", LatchedDepth = 1 }, 0),
        new FeedTopic(new WatchedTopic { Name = "/fleet/scene", Type = "foxglove_msgs/msg/SceneUpdate", Definition = FleetSchemas.SceneUpdate, DefinitionEncoding = "ros2msg", LatchedDepth = 1 }, 1),
        new FeedTopic(new WatchedTopic { Name = "/fleet/agents", Type = "FleetTable", Definition = FleetSchemas.Table, DefinitionEncoding = "jsonschema", Encoding = "json", LatchedDepth = 1 }, Table),
    ];

    /// <summary>Whether somebody watches where agents are.</summary>
    public bool NeedsPositions => _needsPositions;

    /// <summary>Whether somebody watches how agents stand.</summary>
    public bool NeedsTable => _needsTable;

    /// <summary>The topic with a name; null: it is none of these.</summary>
    public static FeedTopic? Find(string name) => Topics.FirstOrDefault(topic => topic.Name == name);

    /// <summary>Gives messages of a topic to a subscription; the whole picture of now comes first, as far as it is known.</summary>
    public void Subscribe(FeedTopic topic, QueuedSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions[topic.Index].Add(subscription);
            if (topic.Index != Table && !_picture.IsEmpty) _latest[topic.Index] ??= _picture.Write(topic);
            if (_latest[topic.Index] is { } latest) subscription.Offer(latest);
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
            foreach (var topic in Topics.Take(Table))
            {
                _latest[topic.Index] = null;
                if (_subscriptions[topic.Index].Count > 0) Offer(_picture.Write(topic));
            }
        }
    }

    /// <summary>Takes how all agents stand.</summary>
    /// <param name="table">The message.</param>
    /// <param name="now">The time.</param>
    public void Take(byte[] table, DateTimeOffset now)
    {
        var at = now.ToUnixNanoseconds();
        lock (_lock)
        {
            if (_needsTable) Offer(new FeedMessage(new WatchedMessage(Agent: 0, Table, at, at, IsLatched: false, table), Topics[Table], Topics[Table].Name));
        }
    }

    private void Offer(FeedMessage message)
    {
        _latest[message.Topic.Index] = message;
        foreach (var subscription in _subscriptions[message.Topic.Index]) subscription.Offer(message);
    }

    private void Refresh()
    {
        lock (_lock)
        {
            // What is left would be old for whoever comes next.
            _needsTable = _subscriptions[Table].Count > 0;
            if (!_needsTable) _latest[Table] = null;
            var needed = _subscriptions.Take(Table).Any(watching => watching.Count > 0);
            if (needed == _needsPositions) return;
            _needsPositions = needed;
            if (!needed)
            {
                _picture = new FleetPicture();
                Array.Clear(_latest, 0, Table);
            }
        }
        onNeedChanged();
    }
}
