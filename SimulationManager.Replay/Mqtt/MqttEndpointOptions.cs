namespace SimulationManager.Replay;

/// <summary>In which form payloads are published.</summary>
public enum PayloadFormat
{
    /// <summary>As ROS 2 serializes it: with an encapsulation header of four bytes.</summary>
    Cdr,

    /// <summary>JSON, as docs/bags.md describes it.</summary>
    Json,

    /// <summary>CBOR (RFC 8949), with the fields of the JSON form.</summary>
    Cbor,

    /// <summary>Each agent is a vehicle that fleet controls know: see <see cref="VehicleEndpointOptions"/>.</summary>
    Vda5050,
}

/// <summary>Who has a connection to the broker.</summary>
public enum MqttConnectionScope
{
    /// <summary>The agents of a step or group share one for each worker.</summary>
    Shared,

    /// <summary>Every agent has one of its own, with its client id and Last Will, as a real fleet has.</summary>
    Agent,
}

/// <summary>Which messages the broker is asked to keep for late subscribers.</summary>
public enum MqttRetain
{
    /// <summary>Those of topics that are latched (transient local) in the recording.</summary>
    Latched,

    /// <summary>All.</summary>
    True,

    /// <summary>None.</summary>
    False,
}

/// <summary>How messages are sent to a broker: the options of an <c>mqtt</c> address.</summary>
public sealed record MqttEndpointOptions : EndpointOptions
{
    /// <summary>The default of <see cref="Topic"/>.</summary>
    public const string DefaultTopic = "{simulation}/{agent}/{topic}";

    /// <summary>The default of <see cref="Queue"/> for a shared connection.</summary>
    private const int SharedQueue = 65_536;

    /// <summary>The default of <see cref="Queue"/> for an agent's connection.</summary>
    private const int AgentQueue = 1024;

    /// <summary>Quality of service: 0 at most once, 1 at least once, 2 exactly once.</summary>
    public int QualityOfService { get; init; }

    /// <summary>Which messages are retained.</summary>
    public MqttRetain Retain { get; init; }

    /// <summary>The form of payloads.</summary>
    public PayloadFormat Format { get; init; }

    /// <summary>Who has a connection.</summary>
    public MqttConnectionScope Connection { get; init; }

    /// <summary>
    /// The topic after the prefix. <c>{simulation}</c> is the simulation's number, <c>{agent}</c> the agent's name, <c>{n}</c> its number (<c>{n:000}</c>
    /// with zeros before it), <c>{topic}</c> the ROS topic without its first slash.
    /// </summary>
    public string Topic { get; init; } = DefaultTopic;

    /// <summary>Of an agent's connection: the client id, a pattern as <see cref="Topic"/> without <c>{topic}</c>; null: <c>simulation-agent</c>.</summary>
    public string? ClientId { get; init; }

    /// <summary>How agents appear as vehicles; null unless <see cref="Format"/> says that they are.</summary>
    public VehicleEndpointOptions? Vehicles { get; init; }

    /// <summary>Whether messages carry user properties: the type, the time at which they were due and their number.</summary>
    public bool Properties { get; init; } = true;

    /// <summary>Seconds without a packet after which the client pings.</summary>
    public int KeepAlive { get; init; } = 15;

    /// <summary>Messages that may wait for a connection; what does not fit is lost and counted.</summary>
    public int Queue { get; init; } = SharedQueue;

    internal override string? ProblemOfPrefix(string prefix) => MqttTopics.ProblemOf(prefix);

    internal override IOutputSink Open(OutputEndpoint endpoint, OutputPlan plan, ReplayTimeline timeline, int agents) => new MqttSink(endpoint, this, plan, timeline);

    internal override string? ProblemOfSubscription(string topic) => MqttTopics.ProblemOfFilter(topic);

    internal override ITopicSource TopicSource(OutputEndpoint endpoint, ListenPlan plan) => new MqttTopicSource(endpoint, this, plan);

    internal override Task<EndpointProbe> ProbeAsync(OutputEndpoint endpoint, IReadOnlyDictionary<string, SinkCredentials> credentials, CancellationToken giveUp) =>
        MqttProbe.RunAsync(endpoint, credentials, giveUp);

    internal static MqttEndpointOptions Read(OptionReader options)
    {
        var format = options.OneOf("format", PayloadFormat.Cdr);
        var connection = options.OneOf("connection", format == PayloadFormat.Vda5050 ? MqttConnectionScope.Agent : MqttConnectionScope.Shared);
        if (format == PayloadFormat.Vda5050 && connection == MqttConnectionScope.Shared) options.Wrong<bool>("connection", "agent where agents are vehicles");
        return new MqttEndpointOptions
        {
            QualityOfService = options.Number("qos", 0, 0, 2),
            Retain = options.OneOf("retain", MqttRetain.Latched),
            Format = format,
            Vehicles = format == PayloadFormat.Vda5050 ? VehicleEndpointOptions.Read(options) : null,
            Connection = connection,
            Topic = options.Text("topic", text => MqttTopics.IsPattern(text, "{topic}"), "a topic of text, {simulation}, {agent}, {n} and {topic}, which it must hold") ?? DefaultTopic,
            ClientId = options.Text("clientId", text => MqttTopics.IsPattern(text, "{agent}", "{n"), "text with {simulation}, and {agent} or {n}, which it must hold"),
            Properties = options.Flag("properties", true),
            KeepAlive = options.Number("keepAlive", 15, 1, 3600),
            Queue = options.Number("queue", connection == MqttConnectionScope.Agent ? AgentQueue : SharedQueue, 1, 1 << 20),
        };
    }
}
