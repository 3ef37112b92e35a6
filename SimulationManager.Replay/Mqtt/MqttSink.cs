using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>One broker, as the agents of one cohort publish to it: over one connection, or each over one of its own.</summary>
internal sealed class MqttSink : IOutputSink
{
    /// <summary>Connections that are being made at once: a broker's listen queue is short.</summary>
    private const int ConnectingAtOnce = 64;

    /// <summary>How often connections are looked at that may be silent for a second and more.</summary>
    private static readonly TimeSpan KeepAliveEvery = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<long, MqttAgent> _agents = new();
    private readonly ConcurrentDictionary<long, MqttConnection> _connections = new();
    private readonly LatenessHistogram _handedOver = new();
    private readonly LatenessHistogram _acknowledgedAfter = new();
    private readonly Lock _histograms = new();
    private readonly Lazy<(string Username, string Password)[]?> _list;
    private readonly PeriodicTimer _keepAliveTimer;
    private Task _keepingAlive = Task.CompletedTask;
    private readonly ReplayTimeline _timeline;
    private long _reconnectsOfOthers;

    /// <exception cref="FormatException">The credentials that the endpoint refers to are not there.</exception>
    public MqttSink(OutputEndpoint endpoint, MqttEndpointOptions options, OutputPlan plan, ReplayTimeline timeline)
    {
        (Endpoint, Options, Plan, _timeline) = (endpoint, options, plan, timeline);
        Topics = PublishedTopic.Of(timeline, options.Format, plan.Payloads);
        Packets = new MqttPackets(this);
        Changes = new AgentChanges(plan.Payloads);
        WallClockZero = plan.WallClockZero;
        Logger = plan.Loggers.CreateLogger<MqttSink>();
        Credentials = SinkCredentials.Find(plan.Credentials, endpoint.Credentials);
        _list = new(() => Credentials?.ReadList());
        if (options.Vehicles is { } vehicles) Vehicles = new MqttVehicles(vehicles, timeline);
        _keepAliveTimer = new PeriodicTimer(KeepAliveEvery, plan.Time);
    }

    public OutputEndpoint Endpoint { get; }
    public MqttEndpointOptions Options { get; }
    public OutputPlan Plan { get; }
    public PublishedTopic[] Topics { get; }
    public MqttPackets Packets { get; }
    public SinkCredentials? Credentials { get; }
    public AgentChanges Changes { get; }

    /// <summary>The engine clock's zero, nanoseconds since 1970.</summary>
    public long WallClockZero { get; }
    public ILogger Logger { get; }

    /// <summary>What agents have in common as vehicles; null: they are none.</summary>
    public MqttVehicles? Vehicles { get; }

    public SemaphoreSlim Connecting { get; } = new(ConnectingAtOnce);

    public SinkQueue Add(long number, PendingMessages pending)
    {
        var agent = _agents[number] = new MqttAgent(number, this, pending);
        var connection = _connections.GetOrAdd(KeyOf(number), key => new MqttConnection(this, key == 0 ? null : agent));
        if (!pending.IsEmpty) connection.Resume(agent, _timeline, pending);
        return connection.Queue;
    }

    public void Start()
    {
        foreach (var connection in _connections.Values) connection.Start();
        _keepingAlive = KeepAliveAsync();
    }

    public async Task<Dictionary<long, byte[]>> SaveAsync()
    {
        var saved = new Dictionary<long, byte[]>();
        foreach (var (number, connection) in _connections)
        {
            if (await connection.SaveAsync() is { } state) saved[number] = state;
        }
        return saved;
    }

    public Task FreezeAsync(IEnumerable<long> numbers) => Task.WhenAll(numbers.Select(number => _connections[KeyOf(number)].FreezeAsync(AgentOf(number))));

    public void Unfreeze(IEnumerable<long> numbers)
    {
        foreach (var number in numbers) _connections[KeyOf(number)].Unfreeze(AgentOf(number), _timeline);
    }

    private long KeyOf(long number) => Options.Connection == MqttConnectionScope.Agent ? number : 0;

    public MqttAgent AgentOf(long number) => _agents[number];

    public AgentPublished PublishedBy(long number) => AgentOf(number).Counter.Snapshot();

    public Task ReadyAsync() => Task.WhenAll(_connections.Values.Select(connection => connection.ReadyAsync(Endpoint.OnFailure == EndpointFailurePolicy.Wait)));

    public Task CompleteAsync(TimeSpan atMost) => Task.WhenAll(_connections.Values.Select(connection => connection.CompleteAsync(atMost)));

    public async Task DrainAsync(IReadOnlyCollection<long> numbers, TimeSpan atMost)
    {
        using var giveUp = new CancellationTokenSource(atMost, Plan.Time);
        var connections = Options.Connection == MqttConnectionScope.Shared ? _connections.Values : numbers.Select(number => _connections[number]);
        await Task.WhenAll(connections.Select(connection => connection.DrainAsync(giveUp.Token))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async Task RemoveAsync(IReadOnlyCollection<long> numbers)
    {
        if (Options.Connection == MqttConnectionScope.Shared) return;
        await Task.WhenAll(numbers.Select(async number =>
        {
            if (!_connections.TryRemove(number, out var connection)) return;
            Interlocked.Add(ref _reconnectsOfOthers, connection.Reconnects);
            await connection.DisposeAsync();
        }));
    }

    public string? Failure => Endpoint.OnFailure == EndpointFailurePolicy.Fail
        ? _connections.Values.Where(connection => connection.AwayFor > Endpoint.FailAfter)
            .Select(connection => Endpoint.FailureOf(connection.Error)).FirstOrDefault()
        : null;

    public EndpointStatus Status(Func<long, PublishCounts?> countsOf)
    {
        var connections = _connections.Values.ToArray();
        var counts = PublishCounts.Sum(_agents.Values.Select(agent => countsOf(agent.Number) ?? agent.Counter.Counts));
        lock (_histograms)
        {
            return new EndpointStatus
            {
                Endpoint = Endpoint,
                Counts = counts with { Reconnects = _reconnectsOfOthers + connections.Sum(connection => connection.Reconnects) },
                Connections = connections.Length,
                Connected = connections.Count(connection => connection.IsConnected),
                Warnings = [.. Topics.Select(topic => topic.Problem ?? topic.Warning).Append(Vehicles?.Warning).OfType<string>()],
                Error = connections.Select(connection => connection.Error).FirstOrDefault(error => error is not null),
                HandedOver = _handedOver.Copy(),
                AcknowledgedAfter = _acknowledgedAfter.Copy(),
            };
        }
    }

    /// <summary>Counts messages that were handed over to the network just now.</summary>
    public void CountHandedOver(List<SentMessage> messages)
    {
        var now = Plan.Clock.Now;
        lock (_histograms)
        {
            foreach (var sent in messages)
            {
                if (!sent.IsOut) _handedOver.Record(now - sent.Message.DueAt);
            }
        }
    }

    /// <summary>Counts a message that was acknowledged just now.</summary>
    public void CountAcknowledged(MqttAgent agent, in ReplayMessage message)
    {
        agent.Counter.CountAcknowledged(message);
        lock (_histograms) _acknowledgedAfter.Record(Plan.Clock.Now - message.DueAt);
    }

    public (string Username, string Password)? UserOf(MqttAgent? agent)
    {
        var (name, number) = agent is null ? (Plan.Process, 1L) : (agent.Name, agent.Number);
        return _list.Value is { } list ? list[(int)((number - 1) % list.Length)] : Credentials?.Of(Plan.Simulation, name, number);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values) await connection.DisposeAsync();
        _keepAliveTimer.Dispose();
        await _keepingAlive;
        Connecting.Dispose();
    }

    /// <summary>Pings brokers that have heard nothing of a connection for most of the time that was agreed with them.</summary>
    private async Task KeepAliveAsync()
    {
        while (await _keepAliveTimer.WaitForNextTickAsync())
        {
            foreach (var (_, connection) in _connections) connection.KeepAlive();
        }
    }
}

/// <summary>One agent at a broker: its topics and counts.</summary>
internal sealed class MqttAgent(long number, MqttSink sink, PendingMessages pending)
{
    private readonly byte[]?[] _topics = new byte[]?[sink.Topics.Length];

    public long Number { get; } = number;
    public string Name { get; } = sink.Plan.NameOf(number);
    public PublishCounter Counter { get; } = new(pending);
    public AgentChange Change { get; } = sink.Changes.Of(number);

    /// <summary>The vehicle that it is; null: it is none.</summary>
    public MqttVehicle? Vehicle { get; } = VehicleOf(number, sink);

    /// <summary>Where its presence is told, unless it is a vehicle, which has its own way.</summary>
    public string StatusTopic => TopicOf("_status");

    /// <summary>The topic of a message, UTF-8; empty: MQTT cannot carry its name.</summary>
    public byte[] TopicOf(in ReplayMessage message)
    {
        var index = message.IsClock ? _topics.Length - 1 : message.Timeline.TopicOf(message.Index);
        return _topics[index] ??= Encoded(TopicOf(sink.Topics[index].Name.TrimStart('/')));
    }

    private static MqttVehicle? VehicleOf(long number, MqttSink sink) => sink.Vehicles is not { } vehicles ? null
        : new MqttVehicle(vehicles, vehicles.Options.Of(sink.Plan.Simulation, sink.Plan.NameOf(number), number), sink.Plan.AgentStates.GetValueOrDefault(number));

    private static byte[] Encoded(string topic) => MqttTopics.ProblemOf(topic) is null ? Encoding.UTF8.GetBytes(topic) : [];

    private string TopicOf(string topic)
    {
        var name = MqttTopics.Expand(sink.Options.Topic, sink.Plan.Simulation, Name, Number, topic);
        return sink.Endpoint.Prefix.Length == 0 ? name : $"{sink.Endpoint.Prefix}/{name}";
    }
}
