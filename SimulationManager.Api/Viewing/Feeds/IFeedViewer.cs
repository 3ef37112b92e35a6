namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>Somebody who watches a run. Nothing here may wait: all viewers of the run are told one after the other.</summary>
public interface IFeedViewer
{
    /// <summary>Is told who plays now.</summary>
    void OnChanged(FeedCatalog catalog);

    /// <summary>Is told of messages that were put out faster than they could be brought here; those of topics that others watch are among them.</summary>
    void OnMissed(long messages);

    /// <summary>Is told that nothing more will come.</summary>
    /// <param name="reason">Why, for a person.</param>
    void OnEnded(string reason);
}

/// <summary>One topic of one agent, as one viewer watches it.</summary>
public interface IFeedSubscription
{
    /// <summary>The full name of the topic, which nobody may have yet.</summary>
    string Name { get; }

    /// <summary>Takes a message. Must not wait.</summary>
    void Offer(FeedMessage message);
}
