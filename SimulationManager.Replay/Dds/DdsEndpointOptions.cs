using System.Globalization;
using System.Net;

namespace SimulationManager.Replay;

/// <summary>Which writers agents have.</summary>
public enum DdsWriterScope
{
    /// <summary>Every agent has writers of its own.</summary>
    Agent,

    /// <summary>Agents whose topics have the same name share a writer.</summary>
    Shared,
}

/// <summary>Whether messages that got lost are sent again.</summary>
public enum DdsReliability
{
    /// <summary>As the publishers were when the bag was recorded.</summary>
    Recorded,

    /// <summary>Yes.</summary>
    Reliable,

    /// <summary>No.</summary>
    BestEffort,
}

/// <summary>Whether who subscribes later gets messages that were published before.</summary>
public enum DdsDurability
{
    /// <summary>As the publishers did when the bag was recorded.</summary>
    Recorded,

    /// <summary>No.</summary>
    Volatile,

    /// <summary>Yes, those that the writer keeps.</summary>
    TransientLocal,
}

/// <summary>How agents publish as nodes of ROS 2: the options of a <c>dds</c> address.</summary>
public sealed record DdsEndpointOptions : EndpointOptions
{
    /// <summary>The default of <see cref="Topic"/>.</summary>
    public const string DefaultTopic = "/{agent}/{topic}";

    /// <summary>The greatest domain id that has ports.</summary>
    public const int MaxDomain = 232;

    private const int DefaultQueue = 65_536;
    private const int DefaultMaxWriters = 5000;

    /// <summary>The domain id, 0–232: who listens has the same one (<c>ROS_DOMAIN_ID</c>).</summary>
    public int Domain { get; init; }

    /// <summary>Hosts that are told of the agents, by name or IPv4 address, a port may follow; empty: those that multicast reaches.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];

    /// <summary>The name or IPv4 address of the network interface; null: the one that Cyclone DDS chooses.</summary>
    public string? Interface { get; init; }

    /// <summary>Whether multicast is used.</summary>
    public bool Multicast { get; init; } = true;

    /// <summary>The topic: <c>{simulation}</c>, <c>{agent}</c>, <c>{n}</c> and <c>{topic}</c> as with MQTT.</summary>
    public string Topic { get; init; } = DefaultTopic;

    /// <summary>Which writers agents have.</summary>
    public DdsWriterScope Writers { get; init; }

    /// <summary>Whether messages that got lost are sent again.</summary>
    public DdsReliability Reliability { get; init; }

    /// <summary>Whether who subscribes later gets messages that were published before.</summary>
    public DdsDurability Durability { get; init; }

    /// <summary>Messages that a writer keeps for each subscriber that has not got them yet, and for later ones; 0: as recorded.</summary>
    public int Depth { get; init; }

    /// <summary>Subscribers that every writer must have before the agents begin.</summary>
    public int Subscribers { get; init; }

    /// <summary>Writers on one worker above which the endpoint is not opened: each is made known to every participant of the domain.</summary>
    public int MaxWriters { get; init; } = DefaultMaxWriters;

    /// <summary>Bytes of an id in <c>ros_discovery_info</c>: 16, or 24 up to ROS 2 Humble.</summary>
    public int GidLength { get; init; } = 16;

    /// <summary>Messages that may wait; what does not fit is lost and counted.</summary>
    public int Queue { get; init; } = DefaultQueue;

    internal override string? ProblemOfPrefix(string prefix) => null;

    internal override IOutputSink Open(OutputEndpoint endpoint, OutputPlan plan, ReplayTimeline timeline, int agents) => new DdsSink(endpoint, this, plan, timeline, agents);

    internal override string? ProblemOfSubscription(string topic) => TopicGlob.ProblemOf(topic);

    internal override ITopicSource TopicSource(OutputEndpoint endpoint, ListenPlan plan) => new DdsTopicSource(this, plan);

    internal override Task<EndpointProbe> ProbeAsync(OutputEndpoint endpoint, IReadOnlyDictionary<string, SinkCredentials> credentials, CancellationToken giveUp) => DdsProbe.RunAsync(this);

    internal static DdsEndpointOptions Read(OptionReader options)
    {
        var peers = options.Text("peers", text => text.Split(',').All(IsHost), "hosts or IPv4 addresses, separated by commas")?.Split(',') ?? [];
        return new DdsEndpointOptions
        {
            Domain = options.Number("domain", 0, 0, MaxDomain),
            Peers = peers,
            Interface = options.Text("interface", IsInterface, "the name or IPv4 address of a network interface"),
            Multicast = options.Flag("multicast", peers.Length == 0),
            Topic = options.Text("topic", IsTopic, "a topic of ROS: '/', text, {simulation}, {agent}, {n} and {topic}, which it must hold") ?? DefaultTopic,
            Writers = options.OneOf("writers", DdsWriterScope.Agent),
            Reliability = options.OneOf("reliability", DdsReliability.Recorded),
            Durability = options.OneOf("durability", DdsDurability.Recorded),
            Depth = options.Number("depth", 0, 0, 100_000),
            Subscribers = options.Number("subscribers", 0, 0, 1000),
            MaxWriters = options.Number("maxWriters", DefaultMaxWriters, 1, 1_000_000),
            GidLength = options.Text("gid", text => text is "16" or "24", "16, or 24 for ROS 2 Humble and before") == "24" ? 24 : 16,
            Queue = options.Number("queue", DefaultQueue, 1, 1 << 20),
        };
    }

    /// <summary>The name of an agent's topic; the agent's own name loses what ROS does not take.</summary>
    internal string TopicOf(string simulation, string agent, long number, string topic) => MqttTopics.Expand(Topic, simulation, RosNames.Simplify(agent), number, topic.TrimStart('/'));

    /// <summary>The configuration of Cyclone DDS. What the worker's own <c>CYCLONEDDS_URI</c> says counts as far as this says nothing.</summary>
    internal string Configuration(string? ofWorker)
    {
        var interfaces = Interface is not { } name ? "" : $"<Interfaces><NetworkInterface {(IPAddress.TryParse(name, out _) ? "address" : "name")}=\"{name}\"/></Interfaces>";
        var peers = Peers.Count == 0 ? "" : $"<Peers>{string.Concat(Peers.Select(peer => $"<Peer address=\"{peer}\"/>"))}</Peers>";
        // With an index of its own a process has ports that others can reckon: peers that know of this host write to them.
        var own = $"<CycloneDDS><Domain Id=\"any\"><General>{interfaces}<AllowMulticast>{(Multicast ? "true" : "false")}</AllowMulticast></General>"
            + $"<Discovery><ParticipantIndex>auto</ParticipantIndex><MaxAutoParticipantIndex>32</MaxAutoParticipantIndex>{peers}</Discovery></Domain></CycloneDDS>";
        return string.IsNullOrWhiteSpace(ofWorker) ? own : $"{ofWorker},{own}";
    }

    private static bool IsTopic(string pattern) => MqttTopics.IsPattern(pattern, "{topic}") && RosNames.ProblemOfTopic(MqttTopics.Expand(pattern, "1", "a", 1, "t")) is null;

    private static bool IsHost(string text) => text.Split(':') switch
    {
        [var host] => IsName(host),
        [var host, var port] => IsName(host) && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0,
        _ => false,
    };

    private static bool IsName(string text) => text.Length is > 0 and <= 100 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_');

    private static bool IsInterface(string text) => text.Length is > 0 and <= 64 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or ':' or '_');
}
