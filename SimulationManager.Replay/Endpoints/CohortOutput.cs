namespace SimulationManager.Replay;

/// <summary>
/// Where the agents of one cohort publish: all endpoints, each with its own queues and connections, so that one that fails or is slow holds up
/// neither the engine nor the others. For any number of threads.
/// </summary>
public sealed class CohortOutput : IAsyncDisposable
{
    private readonly IOutputSink[] _sinks;
    private readonly Dictionary<long, SinkQueue[]> _queues;

    /// <summary>Begins to connect.</summary>
    /// <param name="plan">Where to publish.</param>
    /// <param name="timeline">What the agents play.</param>
    /// <param name="agents">Their numbers.</param>
    /// <exception cref="FormatException">An endpoint refers to credentials that are not there, or would have more writers than it allows.</exception>
    public CohortOutput(OutputPlan plan, ReplayTimeline timeline, IReadOnlyCollection<long> agents)
    {
        _sinks = [.. plan.Endpoints.Select(endpoint => endpoint.Options.Open(endpoint, plan, timeline, agents.Count))];
        _queues = agents.ToDictionary(agent => agent, agent => _sinks.Select((sink, index) => sink.Add(agent, PendingOf(plan, agent, index))).ToArray());
        foreach (var sink in _sinks) sink.Start();
    }

    /// <summary>Why the run is to fail by an endpoint's policy; null while it is not.</summary>
    public string? Failure => _sinks.Select(sink => sink.Failure).FirstOrDefault(failure => failure is not null);

    /// <summary>The queues for what an agent puts out; null: it does not publish.</summary>
    public SinkQueue[]? QueuesOf(long agent) => _queues.GetValueOrDefault(agent);

    /// <summary>Completes once every connection has been tried and, where the policy is to wait for it, is there.</summary>
    public Task ReadyAsync(CancellationToken cancellationToken) => Task.WhenAll(_sinks.Select(sink => sink.ReadyAsync())).WaitAsync(cancellationToken);

    /// <summary>Publishes what waits and disconnects, once agents put out nothing more. What is left after a while is given up and counted.</summary>
    public Task CompleteAsync(TimeSpan atMost) => Task.WhenAll(_sinks.Select(sink => sink.CompleteAsync(atMost)));

    /// <summary>Completes once what agents have put out is published, acknowledgements included, and after a while in any case.</summary>
    public Task DrainAsync(IReadOnlyCollection<long> agents, TimeSpan atMost) => Task.WhenAll(_sinks.Select(sink => sink.DrainAsync(agents, atMost)));

    /// <summary>Ends the connections of agents that go on elsewhere.</summary>
    public Task RemoveAsync(IReadOnlyCollection<long> agents) => Task.WhenAll(_sinks.Select(sink => sink.RemoveAsync(agents)));

    /// <summary>What agents have to know to go on elsewhere, by number: orders that they have, as vehicles, for example.</summary>
    public async Task<IReadOnlyDictionary<long, byte[]>> SaveAsync()
    {
        var saved = new Dictionary<long, byte[]>();
        foreach (var sink in _sinks)
        {
            foreach (var (number, state) in await sink.SaveAsync()) saved.TryAdd(number, state);
        }
        return saved;
    }

    /// <summary>How it goes, by endpoint in the plan's order.</summary>
    /// <param name="published">Counts of agents at another time (<see cref="ReplayCohort.SnapshotAsync"/>), by number and endpoint, to be in the sums instead of those of now.</param>
    public IReadOnlyList<EndpointStatus> Status(IReadOnlyDictionary<long, AgentPublished[]>? published = null) =>
        [.. _sinks.Select((sink, index) => sink.Status(agent => published?.GetValueOrDefault(agent)?[index].Counts))];

    /// <summary>What became of one agent's messages, by endpoint; null: it does not publish.</summary>
    public AgentPublished[]? PublishedBy(long agent) => PublishedBy(agent, []);

    /// <summary>The same, with messages that have yet to get into the queues.</summary>
    internal AgentPublished[]? PublishedBy(long agent, IEnumerable<HeldMessage> held)
    {
        if (!_queues.ContainsKey(agent)) return null;
        var waiting = held.SelectMany(message => Enumerable.Repeat(new MessageRun(message.Repeat, message.Index, 1), message.Copies)).ToArray();
        return Array.ConvertAll(_sinks, sink =>
        {
            var published = sink.PublishedBy(agent);
            return waiting.Length == 0 ? published : published with { Pending = published.Pending with { Waiting = [.. published.Pending.Waiting, .. waiting] } };
        });
    }

    /// <summary>Publishes and counts nothing more of agents, which put out nothing more: another goes on from what <see cref="PublishedBy(long)"/> tells.</summary>
    public Task FreezeAsync(IReadOnlyCollection<long> agents) => Task.WhenAll(_sinks.Select(sink => sink.FreezeAsync(agents.Where(_queues.ContainsKey))));

    /// <summary>Publishes on what agents have put out, because nobody else does.</summary>
    public void Unfreeze(IReadOnlyCollection<long> agents)
    {
        foreach (var sink in _sinks) sink.Unfreeze(agents.Where(_queues.ContainsKey));
    }

    /// <summary>Disconnects. What waits is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var sink in _sinks) await sink.DisposeAsync();
    }

    private static PendingMessages PendingOf(OutputPlan plan, long agent, int endpoint) =>
        plan.Pending.TryGetValue(agent, out var pending) && endpoint < pending.Length ? pending[endpoint] : PendingMessages.None;
}
