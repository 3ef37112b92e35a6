namespace SimulationManager.Replay;

/// <summary>
/// One endpoint, as the agents of one cohort publish to it. What it does is the same for every protocol: it takes messages from queues, counts what
/// becomes of them by agent, and tells how it goes. For any number of threads.
/// </summary>
internal interface IOutputSink : IAsyncDisposable
{
    /// <summary>Why the run is to fail by the endpoint's policy; null while it is not.</summary>
    string? Failure { get; }

    /// <summary>Lets an agent publish here, what it still has to publish first; what it puts out belongs into the queue. Before <see cref="Start"/>.</summary>
    SinkQueue Add(long number, PendingMessages pending);

    /// <summary>Begins to connect, once all agents are there.</summary>
    void Start();

    /// <summary>Completes once every connection is there or, unless the endpoint is to be waited for, has failed once.</summary>
    Task ReadyAsync();

    /// <summary>Publishes what waits, acknowledgements included, and disconnects. What is left after a while is given up.</summary>
    Task CompleteAsync(TimeSpan atMost);

    /// <summary>Completes once what agents have put out is published, acknowledgements included, and after a while in any case.</summary>
    Task DrainAsync(IReadOnlyCollection<long> numbers, TimeSpan atMost);

    /// <summary>Ends the connections of agents that go on elsewhere; their counts stay in <see cref="Status"/>.</summary>
    Task RemoveAsync(IReadOnlyCollection<long> numbers);

    /// <summary>What agents have to know to go on elsewhere, by agent; those that need nothing are left out.</summary>
    Task<Dictionary<long, byte[]>> SaveAsync();

    /// <summary>Publishes and counts nothing more of agents, which put out nothing more.</summary>
    Task FreezeAsync(IEnumerable<long> numbers);

    /// <summary>Publishes on what agents have put out before they were frozen.</summary>
    void Unfreeze(IEnumerable<long> numbers);

    /// <summary>What became of an agent's messages.</summary>
    AgentPublished PublishedBy(long number);

    /// <summary>How it goes.</summary>
    /// <param name="countsOf">An agent's counts at another time; null: those of now.</param>
    EndpointStatus Status(Func<long, PublishCounts?> countsOf);
}
