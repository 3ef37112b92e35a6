using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>Those who watch one topic. One caller at a time.</summary>
/// <param name="topic">The topic.</param>
/// <param name="name">Its full name.</param>
internal sealed class TopicSubscriptions(FeedTopic topic, string name)
{
    private readonly List<QueuedSubscription> _subscriptions = [];
    private readonly Queue<FeedMessage> _latched = [];

    /// <summary>Adds a subscription; what the publisher keeps for those that join later came when the first one did.</summary>
    public void Add(QueuedSubscription subscription)
    {
        _subscriptions.Add(subscription);
        foreach (var message in _latched) subscription.Offer(message);
    }

    /// <summary>Removes a subscription. Returns how many are left.</summary>
    public int Remove(QueuedSubscription subscription)
    {
        _subscriptions.Remove(subscription);
        return _subscriptions.Count;
    }

    /// <summary>Takes a message of the topic.</summary>
    public void Take(WatchedMessage message)
    {
        var taken = new FeedMessage(message, topic, name);
        if (topic.LatchedDepth > 0)
        {
            if (_latched.Count == topic.LatchedDepth) _latched.Dequeue();
            _latched.Enqueue(taken);
        }
        foreach (var subscription in _subscriptions) subscription.Offer(taken);
    }

    /// <summary>Forgets all messages, those that subscriptions have not given away yet as well: what comes next is of another time.</summary>
    public void Clear()
    {
        _latched.Clear();
        foreach (var subscription in _subscriptions) subscription.Clear();
    }
}
