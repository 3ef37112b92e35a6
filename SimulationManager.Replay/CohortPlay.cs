namespace SimulationManager.Replay;

/// <summary>What a cohort plays, and who.</summary>
public sealed record CohortPlay
{
    /// <summary>Unique in the engine, for logs and to find it again.</summary>
    public required string Key { get; init; }

    /// <summary>What the agents play.</summary>
    public required ReplayTimeline Timeline { get; init; }

    /// <summary>The agents' numbers, each once.</summary>
    public required IReadOnlyList<long> InstanceIds { get; init; }

    /// <summary>Passes of each agent, at least 1.</summary>
    public required int RepeatCount { get; init; }

    /// <summary>Speed factor, greater than 0; 1 is the recorded speed.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>The position at which every pass starts, from the bag's first message; a negative one counts as 0, one past the bag's end leaves nothing to play.</summary>
    public TimeSpan StartOffset { get; init; }

    /// <summary>How much of the bag a pass plays; null: to its end.</summary>
    public TimeSpan? PlaybackDuration { get; init; }

    /// <summary>The bag's time after which a pass plays nothing, nanoseconds since 1970; null: to its end. With <see cref="PlaybackDuration"/>, what is later counts.</summary>
    public long? PlaybackUntil { get; init; }

    /// <summary>Time between the start and the first pass, whatever the rate; a negative one counts as 0.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Play over and over until the limit.</summary>
    public bool Loop { get; init; }

    /// <summary>How often a second of playing time viewers are told the bag's time on <c>/clock</c>, in hertz, greater than 0; null: never.</summary>
    public double? ClockFrequency { get; init; }

    /// <summary>The topics, by recorded names, before whose messages viewers are told the bag's time.</summary>
    public IReadOnlyCollection<string> ClockTopics { get; init; } = [];

    /// <summary>Show viewers the last messages of latched topics first, where a pass does not start at the bag's start, after a seek, and when they join later.</summary>
    public bool RepeatLatched { get; init; } = true;

    /// <summary>How the agents differ from each other; null: not at all.</summary>
    public FleetPlan? Fleet { get; init; }

    /// <summary>Where the agents publish; null: nowhere. Whoever made it ends it.</summary>
    public CohortOutput? Output { get; init; }

    /// <summary>Takes what all agents put out, from the first message on; null: nobody does. Whoever made it ends it.</summary>
    public SinkQueue? Recorder { get; init; }

    /// <summary>Where agents that played elsewhere go on; others start at the beginning.</summary>
    public IReadOnlyDictionary<long, AgentCheckpoint>? From { get; init; }

    /// <summary>When playing agents were there, on the engine's clock, if they are to go on as if they had played since; null: they go on from there.</summary>
    public long? FromAt { get; init; }

    /// <summary>
    /// When agents were where they go on from, on the engine's clock, if they may have played on elsewhere since: as much of what they put out first is
    /// <see cref="ReplayMessage.IsAgain"/>. Null: they have not.
    /// </summary>
    public long? PlayedOnSince { get; init; }
}

/// <summary>How a cohort plays from now on.</summary>
/// <param name="Left">How long agents that begin now may play, without pauses.</param>
/// <param name="Paused">Whether the agents, and their time limit, are paused.</param>
/// <param name="Rate">Speed factor, greater than 0; 1 is the recorded speed.</param>
/// <param name="Seek">Where the agents go, from the bag's first message, within the pass that each is playing; a position past its end ends the pass. Null: nowhere.</param>
/// <param name="Released">Messages that each agent was let put out while it was paused, since the run's start; one that has put out fewer of them puts out the rest.</param>
/// <param name="ReleasedBefore">How many of them nobody owes any more.</param>
/// <param name="Faults">What the agents meet beside the faults of their fleet's plan, in this order; null: what they meet already.</param>
public readonly record struct Playback(
    TimeSpan Left, bool Paused, double Rate, TimeSpan? Seek, long Released = 0, long ReleasedBefore = 0, IReadOnlyList<FaultInjection>? Faults = null);
