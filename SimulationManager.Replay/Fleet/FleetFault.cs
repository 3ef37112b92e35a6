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

/// <summary>A fault that agents meet while they play, beside those of their fleet's plan.</summary>
/// <param name="Fault">What goes wrong; <see cref="FleetFault.At"/> counts from where each agent is when it is given.</param>
/// <param name="Place">What chance follows from beside the seed, 0 and up; no two that are met at the same time have the same.</param>
/// <param name="Epoch">Tells it from what was at the same place before: one that is given again with the same place and epoch goes on.</param>
public sealed record FaultInjection(FleetFault Fault, int Place, long Epoch);

/// <summary>Where an agent was when an injected fault that counts from there reached it.</summary>
/// <param name="Place">The <see cref="FaultInjection.Place"/>.</param>
/// <param name="Epoch">The <see cref="FaultInjection.Epoch"/>.</param>
/// <param name="Played">Nanoseconds of the bag that the agent had played, over all passes.</param>
public readonly record struct FaultStart(int Place, long Epoch, long Played);

/// <summary>A fault of a fleet, made ready for a timeline.</summary>
internal sealed class ReadyFault
{
    private readonly FleetPlan _plan;
    private readonly bool[]? _topics;
    private readonly ulong? _highest;
    private readonly int _purpose;

    /// <summary>A fault of the plan.</summary>
    public ReadyFault(FleetPlan plan, int number, ReplayTimeline timeline)
        : this(plan, plan.Faults[number], AgentDice.FirstFault + number, timeline)
    {
    }

    /// <summary>One that is injected.</summary>
    public ReadyFault(FleetPlan plan, FaultInjection injection, ReplayTimeline timeline)
        : this(plan, injection.Fault, AgentDice.FirstInjected + injection.Place, timeline) => Injection = injection;

    private ReadyFault(FleetPlan plan, FleetFault fault, int purpose, ReplayTimeline timeline)
    {
        (_plan, _purpose, Fault) = (plan, purpose, fault);
        if (Fault.Topics is { } topics) _topics = [.. timeline.RecordedTopics.Select(topics.Contains)];
        if (Fault.Share is not { } share) return;
        // As many as were asked for, whatever the seed.
        ulong[] draws = [.. Enumerable.Range(0, plan.Agents).Select(index => DiceOf(plan.FirstAgent + index).State)];
        Array.Sort(draws);
        var count = (int)Math.Round(share * plan.Agents, MidpointRounding.AwayFromZero);
        _highest = count == 0 ? null : draws[Math.Min(count, draws.Length) - 1];
    }

    public FleetFault Fault { get; }

    /// <summary>Null: it is of the plan.</summary>
    public FaultInjection? Injection { get; }

    /// <summary>Whether it comes and goes with the time that an agent has played.</summary>
    public bool LastsAWhile => Fault.Kind is FleetFaultKind.Freeze or FleetFaultKind.Disconnect;

    /// <summary>Whether it is what an injection says, however often that is given.</summary>
    public bool Is(FaultInjection injection) => Injection is { } own && (own.Place, own.Epoch) == (injection.Place, injection.Epoch);

    public bool Meets(long agent) => Fault.Share is null
        ? agent - _plan.FirstAgent + 1 is var number && number >= Fault.First && number <= Fault.Last
        : DiceOf(agent).State <= _highest;

    public bool HasTopic(int topic) => _topics is null || _topics[topic];

    public AgentDice DiceOf(long agent) => new(_plan, agent, _purpose);
}
