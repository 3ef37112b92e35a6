using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>One rosbridge endpoint: the agents of one cohort, which share a connection.</summary>
internal sealed partial class RosbridgeSink : IOutputSink
{
    /// <summary>What a server has to say of one message, it may say of each.</summary>
    private const int MostComplaints = 16;

    private readonly ConcurrentDictionary<long, RosbridgeAgent> _agents = new();
    private readonly LatenessHistogram _handedOver = new();
    private readonly List<string> _complaints = [];
    private readonly ReplayTimeline _timeline;
    private readonly RosbridgeConnection _connection;
    private readonly ILogger _logger;
    private string? _nameProblem;

    /// <exception cref="FormatException">The endpoint refers to credentials that are not there.</exception>
    public RosbridgeSink(OutputEndpoint endpoint, RosbridgeEndpointOptions options, OutputPlan plan, ReplayTimeline timeline)
    {
        (Endpoint, Options, Plan, _timeline) = (endpoint, options, plan, timeline);
        Topics = PublishedTopic.Of(timeline, PayloadFormat.Json, plan.Payloads, JsonForm.Rosbridge);
        Changes = new AgentChanges(plan.Payloads);
        WallClockZero = plan.WallClockZero;
        Credentials = SinkCredentials.Find(plan.Credentials, endpoint.Credentials);
        _logger = plan.Loggers.CreateLogger<RosbridgeSink>();
        _connection = new RosbridgeConnection(this, _logger);
    }

    public OutputEndpoint Endpoint { get; }
    public RosbridgeEndpointOptions Options { get; }
    public OutputPlan Plan { get; }

    /// <summary>The topics of the timeline in its order, and the clock at the end.</summary>
    public PublishedTopic[] Topics { get; }
    public AgentChanges Changes { get; }
    public SinkCredentials? Credentials { get; }

    /// <summary>The wall clock when the engine's clock was 0, nanoseconds since 1970.</summary>
    public long WallClockZero { get; }

    public IEnumerable<RosbridgeAgent> Agents => _agents.Values;

    public string? Failure => Endpoint.OnFailure == EndpointFailurePolicy.Fail && _connection.AwayFor > Endpoint.FailAfter
        ? Endpoint.FailureOf(_connection.Error)
        : null;

    public SinkQueue Add(long number, PendingMessages pending)
    {
        var agent = _agents[number] = new RosbridgeAgent(number, this, pending);
        _connection.Resume(agent, _timeline, pending);
        return _connection.Queue;
    }

    public void Start() => _connection.Start();

    public Task ReadyAsync() => _connection.ReadyAsync(Endpoint.OnFailure == EndpointFailurePolicy.Wait);

    public Task CompleteAsync(TimeSpan atMost) => _connection.CompleteAsync(atMost);

    public async Task DrainAsync(IReadOnlyCollection<long> numbers, TimeSpan atMost)
    {
        using var giveUp = new CancellationTokenSource(atMost, Plan.Time);
        await _connection.DrainAsync(giveUp.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task RemoveAsync(IReadOnlyCollection<long> numbers)
    {
        _connection.Remove([.. numbers.Select(AgentOf)]);
        return Task.CompletedTask;
    }

    public Task<Dictionary<long, byte[]>> SaveAsync() => Task.FromResult(new Dictionary<long, byte[]>());

    public Task FreezeAsync(IEnumerable<long> numbers) => _connection.FreezeAsync([.. numbers.Select(AgentOf)]);

    public void Unfreeze(IEnumerable<long> numbers) => _connection.Unfreeze([.. numbers.Select(AgentOf)], _timeline);

    public RosbridgeAgent AgentOf(long number) => _agents[number];

    public AgentPublished PublishedBy(long number) => AgentOf(number).Counter.Snapshot();

    public EndpointStatus Status(Func<long, PublishCounts?> countsOf)
    {
        var counts = PublishCounts.Sum(_agents.Values.Select(agent => countsOf(agent.Number) ?? agent.Counter.Counts));
        lock (_handedOver)
        {
            return new EndpointStatus
            {
                Endpoint = Endpoint,
                Counts = counts with { Reconnects = _connection.Reconnects },
                Connections = 1,
                Connected = _connection.IsConnected ? 1 : 0,
                Warnings = [.. Topics.Select(topic => topic.Problem ?? topic.Warning).Append(_nameProblem).OfType<string>(), .. _complaints],
                Error = _connection.Error,
                HandedOver = _handedOver.Copy(),
                AcknowledgedAfter = new LatenessHistogram(),
            };
        }
    }

    /// <summary>The full name of a topic as an agent publishes it; null: ROS has no such name.</summary>
    public string? NameOf(RosbridgeAgent agent, PublishedTopic topic)
    {
        var name = Options.NameOf(Endpoint.Prefix, Plan.Simulation, agent.Name, agent.Number, topic.Name);
        if (RosNames.ProblemOfTopic(name) is not { } problem) return name;
        _nameProblem ??= $"topics such as '{RosbridgeFailures.Clean(name)}' are left out: the name {problem}";
        return null;
    }

    /// <summary>Counts a message that was handed over to the network just now.</summary>
    public void CountHandedOver(in ReplayMessage message)
    {
        lock (_handedOver) _handedOver.Record(Plan.Clock.Now - message.DueAt);
    }

    /// <summary>Takes what the server sends to who publishes: errors in what it was sent.</summary>
    public void Hear(JsonElement operation)
    {
        if (RosbridgeStatus.ErrorOf(operation) is not { } error) return;
        var complaint = $"the server says: {error}";
        lock (_handedOver)
        {
            if (_complaints.Count >= MostComplaints || _complaints.Contains(complaint)) return;
            _complaints.Add(complaint);
        }
        LogComplaint(_logger, Endpoint, error);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    [LoggerMessage(213, LogLevel.Warning, "Endpoint {Endpoint}: the server says: {Error}")]
    private static partial void LogComplaint(ILogger logger, OutputEndpoint endpoint, string error);
}

/// <summary>One agent at a rosbridge server: its topics and counts.</summary>
internal sealed class RosbridgeAgent
{
    private readonly string?[] _topics;

    public RosbridgeAgent(long number, RosbridgeSink sink, PendingMessages pending)
    {
        (Number, Name, Change, Counter) = (number, sink.Plan.NameOf(number), sink.Changes.Of(number), new PublishCounter(pending));
        _topics = [.. sink.Topics.Select(topic => sink.NameOf(this, topic))];
    }

    public long Number { get; }
    public string Name { get; }
    public AgentChange Change { get; }
    public PublishCounter Counter { get; }

    /// <summary>The names of its topics, in the sink's order; null: ROS has no such name.</summary>
    public IReadOnlyList<string?> Topics => _topics;

    /// <summary>Whether it goes on elsewhere, or not at all.</summary>
    public bool IsGone { get; set; }
}
