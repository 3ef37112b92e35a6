namespace SimulationManager.Replay;

/// <summary>How messages are sent to a rosbridge server: the options of an address. Immutable.</summary>
public sealed record RosbridgeEndpointOptions : EndpointOptions
{
    /// <summary>The default of <see cref="Topic"/>.</summary>
    public const string DefaultTopic = "/{agent}/{topic}";

    /// <summary>The longest message that rosbridge servers take by default (that of Tornado, which they are built on), bytes.</summary>
    public const int DefaultMaxMessageSize = 10 * 1024 * 1024;

    private const int DefaultQueue = 65_536;

    /// <summary>The topic after the prefix: <c>{simulation}</c>, <c>{agent}</c>, <c>{n}</c> (or <c>{n:000}</c>) and <c>{topic}</c> stand for what they name.</summary>
    public string Topic { get; init; } = DefaultTopic;

    /// <summary>The path of the server's WebSocket.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The longest message that is sent, bytes with what is around the payload; longer ones are lost.</summary>
    public int MaxMessageSize { get; init; } = DefaultMaxMessageSize;

    /// <summary>Seconds without a message after which the client pings; a server that does not answer for as long again is taken for lost.</summary>
    public int KeepAlive { get; init; } = 15;

    /// <summary>Messages of each lane that may wait for the connection.</summary>
    public int Queue { get; init; } = DefaultQueue;

    /// <summary>The full name of a topic.</summary>
    /// <param name="prefix">The endpoint's.</param>
    /// <param name="simulation">The simulation's number.</param>
    /// <param name="agent">The agent's name.</param>
    /// <param name="number">Its number.</param>
    /// <param name="topic">The ROS name that is played.</param>
    internal string NameOf(string prefix, string simulation, string agent, long number, string topic) =>
        FullName(prefix, MqttTopics.Expand(Topic, simulation, RosNames.Simplify(agent), number, topic.TrimStart('/')));

    /// <summary>A name behind the endpoint's prefix.</summary>
    internal static string FullName(string prefix, string name) => prefix.Length == 0 ? $"/{name.TrimStart('/')}" : $"/{prefix}/{name.TrimStart('/')}";

    internal override string? ProblemOfPrefix(string prefix) => prefix.Length == 0 ? null : RosNames.ProblemOfTopic($"/{prefix}");

    internal override IOutputSink Open(OutputEndpoint endpoint, OutputPlan plan, ReplayTimeline timeline, int agents) => new RosbridgeSink(endpoint, this, plan, timeline);

    internal override string? ProblemOfSubscription(string topic) => RosbridgeSubscription.ProblemOf(topic);

    internal override ITopicSource TopicSource(OutputEndpoint endpoint, ListenPlan plan) => new RosbridgeTopicSource(endpoint, this, plan);

    internal override Task<EndpointProbe> ProbeAsync(OutputEndpoint endpoint, IReadOnlyDictionary<string, SinkCredentials> credentials, CancellationToken giveUp) =>
        RosbridgeProbe.RunAsync(endpoint, this, credentials, giveUp);

    internal static RosbridgeEndpointOptions Read(OptionReader options) => new()
    {
        Topic = options.Text("topic", IsTopic, "a ROS name of text, {simulation}, {agent}, {n} and {topic}, which it must hold; no part of it begins with a digit") ?? DefaultTopic,
        Path = options.Text("path", IsPath, "the path of the server's WebSocket, such as /rosbridge") ?? "/",
        MaxMessageSize = options.Number("maxMessageSize", DefaultMaxMessageSize, 1024, 1 << 30),
        KeepAlive = options.Number("keepAlive", 15, 1, 3600),
        Queue = options.Number("queue", DefaultQueue, 1, 1 << 20),
    };

    private static bool IsTopic(string text) =>
        MqttTopics.IsPattern(text, "{topic}") && RosNames.ProblemOfTopic(FullName("", MqttTopics.Expand(text, "1", "a", 1, "t"))) is null;

    private static bool IsPath(string text) => text.StartsWith('/') && !text.StartsWith("//", StringComparison.Ordinal) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '_' or '-' or '.' or '~');
}
