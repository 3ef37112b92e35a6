namespace SimulationManager.Replay;

/// <summary>What goes wrong with what an agent puts out. Checkpoints are stored with these numbers.</summary>
public enum FleetFaultKind
{
    /// <summary>A message is lost.</summary>
    Drop,

    /// <summary>A message goes out later, past others.</summary>
    Delay,

    /// <summary>A message goes out twice.</summary>
    Duplicate,

    /// <summary>A message goes out after the agent's next one.</summary>
    Reorder,

    /// <summary>The agent puts out nothing for a while: what is due meanwhile is lost.</summary>
    Freeze,

    /// <summary>The same, and the agent's connection, if it has one of its own, is cut.</summary>
    Disconnect,
}

/// <summary>One thing that goes wrong, and for whom.</summary>
public sealed record FleetFault
{
    /// <summary>What goes wrong.</summary>
    public required FleetFaultKind Kind { get; init; }

    /// <summary>Share of the fleet, 0–1, drawn by the seed: of ten agents, 0.2 are two. Null: those from <see cref="First"/> to <see cref="Last"/>.</summary>
    public double? Share { get; init; }

    /// <summary>The first agent, counted from 1 within the fleet.</summary>
    public int First { get; init; } = 1;

    /// <summary>The last agent.</summary>
    public int Last { get; init; } = int.MaxValue;

    /// <summary>Topics by their recorded names; null: all.</summary>
    public IReadOnlyCollection<string>? Topics { get; init; }

    /// <summary>Share of the messages, 0–1, of those kinds that choose among messages.</summary>
    public double Rate { get; init; }

    /// <summary>How much later messages of <see cref="FleetFaultKind.Delay"/> go out, whatever the rate.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>When <see cref="FleetFaultKind.Freeze"/> and <see cref="FleetFaultKind.Disconnect"/> begin: time of the bag that the agent has played, over all passes.</summary>
    public TimeSpan At { get; init; }

    /// <summary>How long they last, in time of the bag.</summary>
    public TimeSpan For { get; init; }

    /// <summary>From one beginning to the next, in time of the bag, greater than <see cref="For"/>; null: once.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>Nanoseconds until such a spell is over, at a time of the bag that the agent has played; 0: there is none then.</summary>
    internal long LeftAt(long played)
    {
        var (since, lasts) = (played - ReplayTimeline.PositionAt(At), ReplayTimeline.PositionAt(For));
        if (since < 0) return 0;
        if (Every is { } every) since %= Math.Max(1, ReplayTimeline.PositionAt(every));
        return Math.Max(0, lasts - since);
    }
}

/// <summary>A fault of a fleet, made ready for a timeline.</summary>
internal sealed class ReadyFault
{
    private readonly FleetPlan _plan;
    private readonly bool[]? _topics;
    private readonly ulong? _highest;
    private readonly int _number;

    public ReadyFault(FleetPlan plan, int number, ReplayTimeline timeline)
    {
        (_plan, _number, Fault) = (plan, number, plan.Faults[number]);
        if (Fault.Topics is { } topics) _topics = [.. timeline.RecordedTopics.Select(topics.Contains)];
        if (Fault.Share is not { } share) return;
        // As many as were asked for, whatever the seed.
        ulong[] draws = [.. Enumerable.Range(0, plan.Agents).Select(index => DiceOf(plan.FirstAgent + index).State)];
        Array.Sort(draws);
        var count = (int)Math.Round(share * plan.Agents, MidpointRounding.AwayFromZero);
        _highest = count == 0 ? null : draws[Math.Min(count, draws.Length) - 1];
    }

    public FleetFault Fault { get; }

    public bool Meets(long agent) => Fault.Share is null
        ? agent - _plan.FirstAgent + 1 is var number && number >= Fault.First && number <= Fault.Last
        : DiceOf(agent).State <= _highest;

    public bool HasTopic(int topic) => _topics is null || _topics[topic];

    public AgentDice DiceOf(long agent) => new(_plan, agent, AgentDice.FirstFault + _number);
}
