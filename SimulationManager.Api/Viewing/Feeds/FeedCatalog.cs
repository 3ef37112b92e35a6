using System.Collections.Frozen;
using SimulationManager.Core.Grains;
using SimulationManager.RosMessages;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>A topic of agents that play the same recording.</summary>
public sealed class FeedTopic
{
    private readonly Lazy<(MessageCodec? Codec, string? Problem)> _codec;

    public FeedTopic(WatchedTopic topic, int index)
    {
        (Name, Type, Definition, DefinitionEncoding, Encoding, LatchedDepth, Index) = (topic.Name, topic.Type, topic.Definition, topic.DefinitionEncoding, topic.Encoding, topic.LatchedDepth, index);
        _codec = new(CreateCodec);
    }

    /// <summary>Its name without that of an agent, from its first slash on.</summary>
    public string Name { get; }

    /// <summary>The type's name, normally <c>package/msg/Type</c>; empty when nobody knows it.</summary>
    public string Type { get; }

    /// <summary>The definition with those of the types that it uses; null when nobody has it.</summary>
    public string? Definition { get; }

    /// <summary>How <see cref="Definition"/> is written, such as <c>ros2msg</c>.</summary>
    public string DefinitionEncoding { get; }

    /// <summary>How messages are written.</summary>
    public string Encoding { get; }

    /// <summary>How many of its last messages are for whoever joins later; 0: none.</summary>
    public int LatchedDepth { get; }

    /// <summary>Which topic of its agents it is.</summary>
    public int Index { get; }

    /// <summary>Reads its messages; null: <see cref="Problem"/> says why not.</summary>
    public MessageCodec? Codec => _codec.Value.Codec;

    /// <summary>Why messages cannot be read, as a clause that begins with the topic or type; null when they can.</summary>
    public string? Problem => _codec.Value.Problem;

    private (MessageCodec?, string?) CreateCodec()
    {
        if (Definition is null) return (null, Type.Length == 0 ? $"{Name} is of a type that is not known" : $"{Type} has no definition");
        try
        {
            return (new MessageCodec(MessageSchema.Parse(Type, Definition, DefinitionEncoding)), null);
        }
        catch (RosMessageException exception)
        {
            return (null, $"{Type} has a definition that cannot be used: {exception.Message}");
        }
    }
}

/// <summary>An agent of a run.</summary>
/// <param name="Number">Its number within the run.</param>
/// <param name="Name">Its name as a part of ROS names; empty: its topics are named as they are, without it.</param>
/// <param name="Topics">What it puts out.</param>
/// <param name="Repeats">Passes that it plays; null: over and over.</param>
/// <param name="NamesFrames">Whether coordinate frames in its payloads begin with its name already.</param>
public sealed record FeedAgent(long Number, string Name, FeedAgentTopics Topics, int? Repeats = null, bool NamesFrames = false);

/// <summary>The topics of agents that play the same recording.</summary>
public sealed class FeedAgentTopics(IReadOnlyList<WatchedTopic> topics)
{
    /// <summary>The topics, by index.</summary>
    public IReadOnlyList<FeedTopic> All { get; } = [.. topics.Select((topic, index) => new FeedTopic(topic, index))];

    /// <summary>The topic with a name; null: there is none.</summary>
    public FeedTopic? Find(string name) => All.FirstOrDefault(topic => topic.Name == name);
}

/// <summary>Who plays at the moment, and what there is of them. Immutable.</summary>
public sealed class FeedCatalog
{
    /// <summary>Nobody.</summary>
    public static readonly FeedCatalog Empty = new([]);

    private readonly FrozenDictionary<string, FeedAgent> _byName;
    private readonly FrozenDictionary<long, FeedAgent> _byNumber;

    public FeedCatalog(IEnumerable<FeedAgent> agents)
    {
        Agents = [.. agents.OrderBy(agent => agent.Number)];
        _byNumber = Agents.ToFrozenDictionary(agent => agent.Number);
        _byName = Agents.DistinctBy(agent => agent.Name).ToFrozenDictionary(agent => agent.Name, StringComparer.Ordinal);
    }

    /// <summary>The agents by number.</summary>
    public IReadOnlyList<FeedAgent> Agents { get; }

    /// <summary>Every topic of every agent with its full name, <c>/&lt;agent&gt;/&lt;topic&gt;</c>.</summary>
    public IEnumerable<(string Name, FeedAgent Agent, FeedTopic Topic)> Topics() =>
        Agents.SelectMany(agent => agent.Topics.All.Select(topic => (NameOf(agent, topic), agent, topic)));

    /// <summary>The full name of an agent's topic.</summary>
    public static string NameOf(FeedAgent agent, FeedTopic topic) => agent.Name.Length == 0 ? topic.Name : topic.Name.StartsWith('/') ? $"/{agent.Name}{topic.Name}" : $"/{agent.Name}/{topic.Name}";

    /// <summary>The agent with a number; null: it does not play.</summary>
    public FeedAgent? Find(long number) => _byNumber.GetValueOrDefault(number);

    /// <summary>Finds an agent's topic by its full name.</summary>
    public (FeedAgent Agent, FeedTopic Topic)? Find(string name)
    {
        // Names of agents may have slashes themselves.
        for (var slash = name.IndexOf('/', Math.Min(1, name.Length)); slash > 0; slash = name.IndexOf('/', slash + 1))
        {
            if (_byName.TryGetValue(name[1..slash], out var agent) && (agent.Topics.Find(name[slash..]) ?? agent.Topics.Find(name[(slash + 1)..])) is { } topic) return (agent, topic);
        }
        return null;
    }
}
