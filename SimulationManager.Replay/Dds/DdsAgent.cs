namespace SimulationManager.Replay;

/// <summary>One agent in a domain: a node with its writers and counts.</summary>
internal sealed class DdsAgent(long number, DdsSink sink, PendingMessages pending)
{
    private readonly string?[] _problems = new string?[sink.Topics.Length];

    public long Number { get; } = number;
    public PublishCounter Counter { get; } = new(pending);
    public AgentChange Change { get; } = sink.Changes.Of(number);

    /// <summary>Its writers in the order of the sink's topics; null: there is none yet, or the topic cannot be published.</summary>
    public DdsWriter?[] Writers { get; } = new DdsWriter?[sink.Topics.Length];

    /// <summary>Whether it has gone on elsewhere.</summary>
    public bool IsRemoved { get; set; }

    public string Name => sink.Plan.NameOf(Number);

    /// <summary>The ROS name of one of its topics; null: DDS cannot carry it (<see cref="Problems"/>).</summary>
    public string? TopicOf(int index)
    {
        var name = sink.Options.TopicOf(sink.Plan.Simulation, Name, Number, sink.Topics[index].Published.Name);
        if (RosNames.ProblemOfTopic(name) is not { } problem) return name;
        _problems[index] = $"{sink.Topics[index].Published.Name} cannot be published over DDS: {name} {problem}";
        return null;
    }

    /// <summary>Why topics have no writer.</summary>
    public IEnumerable<string> Problems => _problems.OfType<string>();
}
