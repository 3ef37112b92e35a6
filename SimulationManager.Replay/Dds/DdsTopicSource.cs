namespace SimulationManager.Replay;

/// <summary>Subscribes to the topics of a domain.</summary>
/// <param name="options">The domain.</param>
/// <param name="plan">What to listen to.</param>
internal sealed class DdsTopicSource(DdsEndpointOptions options, ListenPlan plan) : ITopicSource
{
    /// <summary>The library blocks: it has a thread of its own.</summary>
    public Task<string?> ListenAsync(ListenerState state, CancellationToken stopping) => Task.Factory.StartNew(
        () =>
        {
            using var participant = new DdsParticipant(options, plan.Simulation);
            new DdsTopicReaders(participant, plan, state, stopping).Listen();
            return (string?)null;
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    public string Describe(Exception exception) => exception.Message;
}
