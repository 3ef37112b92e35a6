using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>A DDS domain, as the agents of one cohort publish to it: one participant, and for every agent a node with its writers.</summary>
internal sealed partial class DdsSink : IOutputSink
{
    private static readonly TimeSpan LookAround = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>How long is waited for participants to know of the nodes; one that was lost never does.</summary>
    private static readonly TimeSpan KnownWithin = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, DdsAgent> _agents = new();
    private readonly Dictionary<string, DdsWriter> _shared = new(StringComparer.Ordinal);
    private readonly LatenessHistogram _handedOver = new();
    private readonly Lock _histograms = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _firstTry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DdsParticipant> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once those who listen know the writers, in the turn in which is published first what was put out before.</summary>
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReplayTimeline _timeline;
    private readonly ILogger _logger;
    private readonly SinkQueue _queue;
    private readonly long _started;

    /// <summary>The engine clock's zero, nanoseconds since 1970.</summary>
    private readonly long _wallClockZero;
    private Task _running = Task.CompletedTask;
    private DdsWriter? _discovery;
    private OtherParticipants? _others;
    private long _othersAt;
    private volatile string? _error;

    /// <param name="endpoint">The endpoint.</param>
    /// <param name="options">Its options.</param>
    /// <param name="plan">Under which names is published.</param>
    /// <param name="timeline">What the agents play.</param>
    /// <param name="agents">How many there are going to be.</param>
    /// <exception cref="FormatException">That would be more writers than the endpoint allows.</exception>
    public DdsSink(OutputEndpoint endpoint, DdsEndpointOptions options, OutputPlan plan, ReplayTimeline timeline, int agents)
    {
        (Endpoint, Options, Plan, _timeline) = (endpoint, options, plan, timeline);
        Topics = DdsTopic.Of(timeline, PublishedTopic.Of(timeline, PayloadFormat.Cdr, plan.Payloads), Options);
        RefuseTooMany(agents, timeline.Topics.Count);
        Changes = new AgentChanges(plan.Payloads);
        _wallClockZero = plan.WallClockZero;
        _logger = plan.Loggers.CreateLogger<DdsSink>();
        _started = plan.Time.GetTimestamp();
        _queue = new SinkQueue(this, Options.Queue, _logger);
    }

    public OutputEndpoint Endpoint { get; }
    public DdsEndpointOptions Options { get; }
    public OutputPlan Plan { get; }

    /// <summary>The topics of the timeline, and the clock at the end.</summary>
    public DdsTopic[] Topics { get; }
    public AgentChanges Changes { get; }

    private bool IsOpen => _opened.Task.IsCompletedSuccessfully;

    public string? Failure => Endpoint.OnFailure == EndpointFailurePolicy.Fail && !IsOpen && _error is { } error && Plan.Time.GetElapsedTime(_started) > Endpoint.FailAfter
        ? Endpoint.FailureOf(error)
        : null;

    public SinkQueue Add(long number, PendingMessages pending)
    {
        var agent = _agents[number] = new DdsAgent(number, this, pending);
        _pending.Add(pending.MessagesOf(number, _timeline, Plan.Clock.Now));
        return _queue;
    }

    public void Start() => _running = Task.Run(RunAsync);

    public async Task ReadyAsync()
    {
        await (Endpoint.OnFailure == EndpointFailurePolicy.Wait ? _opened.Task : _firstTry.Task);
        if (IsOpen) await _known.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async Task CompleteAsync(TimeSpan atMost)
    {
        await _queue.CompleteAsync(SettledAsync, atMost, Plan.Time);
        await EndAsync();
    }

    public async Task DrainAsync(IReadOnlyCollection<long> numbers, TimeSpan atMost)
    {
        using var giveUp = new CancellationTokenSource(atMost, Plan.Time);
        await DrainAsync(giveUp.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async Task RemoveAsync(IReadOnlyCollection<long> numbers)
    {
        if (!IsOpen) return;
        await _turn.WaitAsync();
        try
        {
            var writers = new List<DdsWriter>();
            foreach (var agent in numbers.Select(AgentOf))
            {
                agent.IsRemoved = true;
                if (Options.Writers == DdsWriterScope.Agent) writers.AddRange(agent.Writers.OfType<DdsWriter>());
                Array.Clear(agent.Writers);
            }
            TellNodes();
            // Each may wait for what its subscribers have not acknowledged yet.
            await Task.Run(() => Parallel.ForEach(writers, writer => writer.Delete()));
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task<Dictionary<long, byte[]>> SaveAsync() => Task.FromResult(new Dictionary<long, byte[]>());

    public AgentPublished PublishedBy(long number) => AgentOf(number).Counter.Snapshot();

    public EndpointStatus Status(Func<long, PublishCounts?> countsOf)
    {
        lock (_histograms)
        {
            return new EndpointStatus
            {
                Endpoint = Endpoint,
                Counts = PublishCounts.Sum(_agents.Values.Select(agent => countsOf(agent.Number) ?? agent.Counter.Counts)),
                Connections = 1,
                Connected = IsOpen ? 1 : 0,
                Warnings = [.. Topics.Select(topic => topic.Problem ?? topic.Published.Warning ?? topic.Warning).OfType<string>(), .. (_agents.Values.FirstOrDefault()?.Problems ?? []), .. Others()],
                Error = _error,
                HandedOver = _handedOver.Copy(),
                AcknowledgedAfter = new LatenessHistogram(),
            };
        }
    }

    public async ValueTask DisposeAsync() => await EndAsync();

    private DdsAgent AgentOf(long number) => _agents[number];

    private DdsWriter[] Writers() => [.. _agents.Values.SelectMany(agent => agent.Writers).OfType<DdsWriter>().Distinct()];

    /// <summary>What there is to say of others in the domain, which is looked at seldom.</summary>
    private IEnumerable<string> Others()
    {
        if (IsOpen && (_others is null || Plan.Time.GetElapsedTime(_othersAt) > LookAround))
        {
            (_others, _othersAt) = (_opened.Task.Result.Others(), Plan.Time.GetTimestamp());
        }
        return _others?.Warnings(Options.Domain, Plan.Simulation) ?? [];
    }

    /// <summary>Every writer is made known to every participant of the domain, and again to each that comes later.</summary>
    private void RefuseTooMany(int agents, int topics)
    {
        const int bytesOfAnnouncement = 400;
        var isShared = Options.Writers == DdsWriterScope.Shared && MqttTopics.Expand(Options.Topic, "1", "a", 1, "t") == MqttTopics.Expand(Options.Topic, "1", "b", 2, "t");
        var writers = (long)topics * (isShared ? 1 : agents);
        if (writers <= Options.MaxWriters) return;
        throw new FormatException(
            $"{agents} agents with {topics} topics each are {writers} writers, and each of them is made known to every participant of the domain (some {writers * bytesOfAnnouncement / 1_000_000} MB for each); " +
            $"{Options.MaxWriters} are allowed: choose fewer topics or agents, share writers (writers=shared with a topic without {{agent}} and {{n}}), or allow more (maxWriters={writers})");
    }

    private async Task RunAsync()
    {
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            try
            {
                await OpenAsync();
                await BecomeKnownAsync();
                break;
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (DdsException exception)
            {
                if (exception.Message != _error) LogFailed(_logger, Endpoint, exception.Message);
                _error = exception.Message;
            }
            _firstTry.TrySetResult();
            await Task.Delay(ReconnectWait.After(failures), Plan.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _firstTry.TrySetResult();
    }

    /// <summary>Enters the domain with all agents.</summary>
    private async Task OpenAsync()
    {
        await _turn.WaitAsync(_stopping.Token);
        try
        {
            var participant = new DdsParticipant(Options, Plan.Simulation);
            try
            {
                foreach (var agent in _agents.Values)
                {
                    // The clock's writer is made when there is a clock.
                    for (var index = 0; index < Topics.Length - 1; index++) CreateWriter(participant, agent, index);
                }
                _discovery = participant.CreateWriter(DiscoveryInfo.Topic, DiscoveryInfo.Type, DiscoveryInfo.Offer, "");
                _discovery.KeepInstance();
                TellNodes(participant);
            }
            catch (DdsException)
            {
                Forget(participant);
                throw;
            }
            _error = null;
            _opened.TrySetResult(participant);
            _firstTry.TrySetResult();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Waits for the subscribers, and until they know the writers, and publishes first what agents have put out elsewhere. A writer knows at once those that this
    /// process knew already, and what it writes before they know it does not reach them: they do when they have got the nodes, of which the last writer tells.
    /// </summary>
    private async Task BecomeKnownAsync()
    {
        await UntilAsync(() => Writers().All(writer => writer.Subscribers >= Options.Subscribers), _stopping.Token);
        using var giveUp = new CancellationTokenSource(KnownWithin, Plan.Time);
        await UntilAsync(() => _stopping.IsCancellationRequested || _discovery!.IsAcknowledged, giveUp.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _turn.WaitAsync(_stopping.Token);
        try
        {
            _known.TrySetResult();
            await PublishPendingAsync(_stopping.Token);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void CreateWriter(DdsParticipant participant, DdsAgent agent, int index)
    {
        if (Topics[index] is not { Problem: null, TypeName: { } type } topic || agent.TopicOf(index) is not { } name) return;
        var mangled = RosNames.MangleTopic(name);
        if (Options.Writers == DdsWriterScope.Agent) agent.Writers[index] = participant.CreateWriter(mangled, type, topic.Offer, topic.UserData);
        else agent.Writers[index] = _shared.TryGetValue(mangled, out var writer) ? writer : _shared[mangled] = participant.CreateWriter(mangled, type, topic.Offer, topic.UserData);
    }

    private void TellNodes() => TellNodes(_opened.Task.Result);

    private void TellNodes(DdsParticipant participant)
    {
        var nodes = _agents.Values.Where(agent => !agent.IsRemoved).OrderBy(agent => agent.Number).Select(agent =>
        {
            var (space, name) = RosNames.NodeOf(RosNames.Simplify(agent.Name));
            return (space, name, (IReadOnlyCollection<byte[]>)[.. agent.Writers.OfType<DdsWriter>().Select(writer => writer.Id)]);
        }).ToArray();
        _ = _discovery!.Write(DiscoveryInfo.Write(participant.Id, nodes, Options.GidLength));
        _discovery.Flush();
    }

    private void Forget(DdsParticipant participant)
    {
        participant.Dispose();
        _shared.Clear();
        _discovery = null;
        foreach (var agent in _agents.Values) Array.Clear(agent.Writers);
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        await UntilAsync(() => _queue.IsIdle, cancellationToken);
        await SettledAsync(cancellationToken);
    }

    /// <summary>Completes once nothing waits, and reliable subscribers have got everything.</summary>
    private Task SettledAsync(CancellationToken cancellationToken) => UntilAsync(() => _pending.IsEmpty && (!IsOpen || Array.TrueForAll(Writers(), writer => writer.IsAcknowledged)), cancellationToken);

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (!condition()) await Task.Delay(Poll, cancellationToken);
    }

    private async Task EndAsync()
    {
        await _queue.DisposeAsync();
        await _stopping.CancelAsync();
        await _running;
        _opened.TrySetCanceled();
        _known.TrySetCanceled();
        await _turn.WaitAsync();
        try
        {
            _pending.CountLost(message => AgentOf(message.Agent).Counter);
            // Takes as long as subscribers need for what they have not acknowledged, a second at most.
            if (IsOpen) await Task.Run(_opened.Task.Result.Dispose);
        }
        finally
        {
            _turn.Release();
        }
    }

    [LoggerMessage(231, LogLevel.Warning, "Endpoint {Endpoint}: {Error}")]
    private static partial void LogFailed(ILogger logger, OutputEndpoint endpoint, string error);
}
