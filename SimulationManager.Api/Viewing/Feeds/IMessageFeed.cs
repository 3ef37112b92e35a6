namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>What a viewer watches: where it gets messages of topics from. For any number of threads.</summary>
internal interface IMessageFeed
{
    /// <summary>What is told of all agents together; null: there are no agents.</summary>
    FleetFeed? Fleet { get; }

    /// <summary>Gives messages of a topic to a subscription, once there is such a topic. What is latched comes first.</summary>
    void Subscribe(QueuedSubscription subscription);

    /// <summary>Gives nothing more to a subscription.</summary>
    void Unsubscribe(QueuedSubscription subscription);
}
