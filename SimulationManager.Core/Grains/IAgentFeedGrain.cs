using Orleans.Concurrency;
using SimulationManager.Replay;

namespace SimulationManager.Core.Grains;

/// <summary>What agents put out on one silo, for those who watch; its key (<see cref="SiloKey"/>) names the silo.</summary>
public interface IAgentFeedGrain : IGrainWithStringKey
{
    /// <summary>The first part of its keys.</summary>
    const string Name = "feed";

    /// <summary>How long an answer is waited for: longer than a silo waits for news, and not so long that people who watch notice.</summary>
    private const string ResponseTimeout = "00:00:03";

    /// <summary>Opens a feed of an execution's agents; may be repeated. One that is neither closed nor asked for news is closed after some fifteen seconds.</summary>
    /// <param name="feed">Names the feed.</param>
    /// <param name="execution">The execution.</param>
    /// <param name="choice">What is watched at first.</param>
    [ResponseTimeout(ResponseTimeout)]
    Task Open(Guid feed, WatchedExecution execution, AgentChoice choice);

    /// <summary>
    /// The news after those that the caller has: who the agents are, as often as that changes, and messages of the topics that were chosen. The same call again
    /// gives the same news, because an answer that goes through a silo that is lost never comes. Messages that come faster than they are taken are left out and counted.
    /// </summary>
    /// <param name="feed">Names the feed.</param>
    /// <param name="taken">The <see cref="AgentFeedBatch.Number"/> of the last news that the caller has; 0: none.</param>
    /// <returns>The news, after a second also without any; null: there is no such feed.</returns>
    [ResponseTimeout(ResponseTimeout)]
    Task<AgentFeedBatch?> Next(Guid feed, long taken);

    /// <summary>Chooses what is watched from now on; of topics that are new, what is latched comes first. False: there is no such feed.</summary>
    /// <param name="feed">Names the feed.</param>
    /// <param name="choice">What is watched, instead of what was.</param>
    [ResponseTimeout(ResponseTimeout)]
    Task<bool> Choose(Guid feed, AgentChoice choice);

    /// <summary>Closes a feed.</summary>
    /// <param name="feed">Names the feed.</param>
    [OneWay]
    Task Close(Guid feed);
}

/// <summary>An execution that is watched.</summary>
[GenerateSerializer, Immutable]
public readonly record struct WatchedExecution([property: Id(0)] long SimulationId, [property: Id(1)] long ExecutionId);

/// <summary>What of the agents is watched.</summary>
/// <param name="Topics">Indexes into <see cref="WatchedCohort.Topics"/>, by the agent's number. Agents that play elsewhere are passed over.</param>
/// <param name="Positions">Whether it is watched where all agents are.</param>
[GenerateSerializer, Immutable]
public sealed record AgentChoice([property: Id(0)] IReadOnlyDictionary<long, int[]> Topics, [property: Id(1)] bool Positions = false);

/// <summary>News of agents.</summary>
[GenerateSerializer, Immutable]
public sealed record AgentFeedBatch
{
    /// <summary>The cohorts that play on this silo, all of them; null: as they were.</summary>
    [Id(0)] public IReadOnlyList<WatchedCohort>? Cohorts { get; init; }

    /// <summary>Messages, those of each agent in order.</summary>
    [Id(1)] public required IReadOnlyList<WatchedMessage> Messages { get; init; }

    /// <summary>Messages that were left out since the last batch.</summary>
    [Id(2)] public long Missed { get; init; }

    /// <summary>Where all agents on this silo are, some ten times a second while that is watched; null: it was told shortly before, or is not watched.</summary>
    [Id(3)] public FleetPositions? Positions { get; init; }

    /// <summary>Counts what a feed tells, from 1 on.</summary>
    [Id(4)] public required long Number { get; init; }
}

/// <summary>Where agents are.</summary>
[GenerateSerializer, Immutable]
public sealed record FleetPositions
{
    /// <summary>When they were there, nanoseconds since 1970.</summary>
    [Id(0)] public required long At { get; init; }

    /// <summary>The frames that positions are given in.</summary>
    [Id(1)] public required IReadOnlyList<string> Frames { get; init; }

    /// <summary>The agents of which it is known, also those that are paused or have ended.</summary>
    [Id(2)] public required WatchedPosition[] Agents { get; init; }
}

/// <summary>Where an agent is.</summary>
/// <param name="Agent">The agent's number.</param>
/// <param name="Frame">Index into <see cref="FleetPositions.Frames"/>.</param>
/// <param name="X">Metres along x.</param>
/// <param name="Y">Metres along y.</param>
/// <param name="Z">Metres along z.</param>
/// <param name="Qx">The unit quaternion's x.</param>
/// <param name="Qy">The unit quaternion's y.</param>
/// <param name="Qz">The unit quaternion's z.</param>
/// <param name="Qw">The unit quaternion's w.</param>
[GenerateSerializer, Immutable]
public readonly record struct WatchedPosition(
    [property: Id(0)] long Agent, [property: Id(1)] int Frame, [property: Id(2)] double X, [property: Id(3)] double Y, [property: Id(4)] double Z,
    [property: Id(5)] double Qx, [property: Id(6)] double Qy, [property: Id(7)] double Qz, [property: Id(8)] double Qw);

/// <summary>Agents that play one recording.</summary>
[GenerateSerializer, Immutable]
public sealed record WatchedCohort
{
    /// <summary>The step's order, or the group's id.</summary>
    [Id(0)] public required long Part { get; init; }

    /// <summary>What each of them puts out.</summary>
    [Id(1)] public required IReadOnlyList<WatchedTopic> Topics { get; init; }

    /// <summary>The agents.</summary>
    [Id(2)] public required IReadOnlyList<WatchedAgent> Agents { get; init; }

    /// <summary>Passes that each of them plays; null: over and over.</summary>
    [Id(3)] public int? Repeats { get; init; }

    /// <summary>Whether coordinate frames in their payloads begin with their names already.</summary>
    [Id(4)] public bool NamesFrames { get; init; }
}

/// <summary>A topic of agents.</summary>
[GenerateSerializer, Immutable]
public sealed record WatchedTopic
{
    /// <summary>Its name without that of an agent, from its first slash on.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>The type's name, normally <c>package/msg/Type</c>; empty when nobody knows it.</summary>
    [Id(1)] public required string Type { get; init; }

    /// <summary>The definition with those of the types that it uses; null when nobody has it.</summary>
    [Id(2)] public string? Definition { get; init; }

    /// <summary>How <see cref="Definition"/> is written, such as <c>ros2msg</c>.</summary>
    [Id(3)] public string DefinitionEncoding { get; init; } = "";

    /// <summary>How many of its last messages are for whoever joins later; 0: none.</summary>
    [Id(4)] public int LatchedDepth { get; init; }

    /// <summary>How messages are written.</summary>
    [Id(5)] public string Encoding { get; init; } = "cdr";

    /// <summary>What is told of a topic that is played.</summary>
    public static WatchedTopic Of(ViewedTopic topic)
    {
        var definition = topic.Type?.Text;
        return new WatchedTopic
        {
            Name = topic.Name,
            Type = topic.Type?.Name ?? "",
            Definition = definition?.Text,
            DefinitionEncoding = definition?.Encoding ?? "",
            LatchedDepth = topic.LatchedDepth,
            Encoding = topic.Type?.Format ?? "cdr",
        };
    }
}

/// <summary>An agent.</summary>
/// <param name="Number">Its number within the run.</param>
/// <param name="Name">Its name as a part of ROS names.</param>
[GenerateSerializer, Immutable]
public readonly record struct WatchedAgent([property: Id(0)] long Number, [property: Id(1)] string Name);

/// <summary>A message of an agent.</summary>
/// <param name="Agent">The agent's number.</param>
/// <param name="Topic">Index into <see cref="WatchedCohort.Topics"/> of its cohort.</param>
/// <param name="DueAt">When it was due, nanoseconds since 1970.</param>
/// <param name="BagTime">Its recorded time, nanoseconds since 1970.</param>
/// <param name="IsLatched">True for one of the past, which its publisher keeps for whoever joins later.</param>
/// <param name="Payload">CDR, as agents publish it.</param>
[GenerateSerializer, Immutable]
public readonly record struct WatchedMessage(
    [property: Id(0)] long Agent, [property: Id(1)] int Topic, [property: Id(2)] long DueAt, [property: Id(3)] long BagTime, [property: Id(4)] bool IsLatched,
    [property: Id(5)] byte[] Payload);
