namespace SimulationManager.Replay;

/// <summary>How messages are sent to an endpoint: the options that its scheme alone has. Immutable.</summary>
public abstract record EndpointOptions
{
    private protected EndpointOptions()
    {
    }

    /// <summary>Why no topic can begin with a prefix, as a clause without its subject; null when topics can.</summary>
    internal abstract string? ProblemOfPrefix(string prefix);

    /// <summary>What the agents of a cohort publish through.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="plan">Under which names is published.</param>
    /// <param name="timeline">What the agents play.</param>
    /// <param name="agents">How many there are going to be.</param>
    /// <exception cref="FormatException">The endpoint refers to credentials that are not there, or agents cannot appear as it says, or not so many.</exception>
    internal abstract IOutputSink Open(OutputEndpoint endpoint, OutputPlan plan, ReplayTimeline timeline, int agents);

    /// <summary>Why a text cannot be subscribed to, as a clause without its subject; null when it can.</summary>
    internal abstract string? ProblemOfSubscription(string topic);

    /// <summary>What a listener hears topics from.</summary>
    /// <exception cref="FormatException">The endpoint cannot be listened at as it is said.</exception>
    internal abstract ITopicSource TopicSource(OutputEndpoint endpoint, ListenPlan plan);

    /// <summary>Tries the endpoint, until that is given up.</summary>
    internal abstract Task<EndpointProbe> ProbeAsync(OutputEndpoint endpoint, IReadOnlyDictionary<string, SinkCredentials> credentials, CancellationToken giveUp);
}
