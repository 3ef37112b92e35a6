using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Recordings;

/// <summary>The topics of a recording for one viewer, under their recorded names. For any number of threads.</summary>
internal sealed class RecordingFeed : IMessageFeed
{
    private readonly Lock _lock = new();
    private readonly FeedAgentTopics _topics;
    private readonly Dictionary<string, TopicSubscriptions> _watched = new(StringComparer.Ordinal);
    private bool _hasChanged;

    /// <param name="topics">The topics, in the order of the timeline.</param>
    public RecordingFeed(IReadOnlyList<WatchedTopic> topics)
    {
        _topics = new FeedAgentTopics(topics);
        Catalog = new FeedCatalog([new FeedAgent(1, "", _topics)]);
    }

    /// <summary>What there is.</summary>
    public FeedCatalog Catalog { get; }

    /// <inheritdoc/>
    public FleetFeed? Fleet => null;

    /// <inheritdoc/>
    public void Subscribe(QueuedSubscription subscription)
    {
        if (_topics.Find(subscription.Name) is not { } topic) return;
        lock (_lock)
        {
            if (!_watched.TryGetValue(topic.Name, out var watched))
            {
                watched = _watched[topic.Name] = new TopicSubscriptions(topic, topic.Name);
                _hasChanged = true;
            }
            watched.Add(subscription);
        }
    }

    /// <inheritdoc/>
    public void Unsubscribe(QueuedSubscription subscription)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(subscription.Name, out var watched) || watched.Remove(subscription) > 0) return;
            _watched.Remove(subscription.Name);
            _hasChanged = true;
        }
    }

    /// <summary>Whether other topics are watched than when this was last asked.</summary>
    public bool TakeChanged()
    {
        lock (_lock)
        {
            var hasChanged = _hasChanged;
            _hasChanged = false;
            return hasChanged;
        }
    }

    /// <summary>Indexes of the topics that are watched.</summary>
    public int[] Chosen()
    {
        lock (_lock) return [.. _watched.Keys.Select(name => _topics.Find(name)!.Index)];
    }

    /// <summary>Takes a message, stamped with the time at which it was recorded.</summary>
    public void Take(ViewedMessage message)
    {
        lock (_lock)
        {
            // What comes was chosen a little earlier.
            if (!_watched.TryGetValue(_topics.All[message.Topic].Name, out var watched)) return;
            var stamp = Math.Max(0, message.BagTime);
            watched.Take(new WatchedMessage(message.Agent, message.Topic, stamp, message.BagTime, message.IsLatched, message.Payload));
        }
    }

    /// <summary>Forgets what the viewer has not got yet.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            foreach (var watched in _watched.Values) watched.Clear();
        }
    }
}
