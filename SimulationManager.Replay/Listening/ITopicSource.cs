namespace SimulationManager.Replay;

/// <summary>Where topics of the system under test are subscribed to, by one protocol.</summary>
internal interface ITopicSource
{
    /// <summary>Connects, subscribes, and puts what it hears into <see cref="ListenPlan.Heard"/> until the connection is over.</summary>
    /// <param name="state">Is told when it is subscribed, and what it does not hear all the same.</param>
    /// <param name="stopping">Ends it; what it throws then is of no interest.</param>
    /// <returns>Why the connection is over; null: it was to end.</returns>
    Task<string?> ListenAsync(ListenerState state, CancellationToken stopping);

    /// <summary>Tells users why it did not get that far.</summary>
    string Describe(Exception exception);
}
