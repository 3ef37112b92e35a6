namespace SimulationManager.Replay;

/// <summary>
/// How the agents of a fleet differ from each other. Everything is a pure function of the seed, the agent's number, the pass and the message, so that
/// the same seed gives the same run, wherever an agent plays.
/// </summary>
public sealed record FleetPlan
{
    /// <summary>What chance follows from.</summary>
    public long Seed { get; init; }

    /// <summary>The number of the fleet's first agent; those of the others follow it.</summary>
    public required long FirstAgent { get; init; }

    /// <summary>Agents of the whole fleet, wherever they play; at least 1. Agents with later numbers have joined it since; they differ like the others, but for the ramp.</summary>
    public required int Agents { get; init; }

    /// <summary>Time between the first agent and the last, which begin in the order of their numbers; it passes at the same speed whatever the rate.</summary>
    public TimeSpan Ramp { get; init; }

    /// <summary>Groups in which agents begin, at least 2; null: each by itself.</summary>
    public int? RampSteps { get; init; }

    /// <summary>The part of the pass, from its start, in which agents begin their first pass: each at a position of its own; null: at the start.</summary>
    public TimeSpan? Stagger { get; init; }

    /// <summary>How late each message is due at most; it passes at the same speed whatever the rate.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>What goes wrong; a message meets them in this order.</summary>
    public IReadOnlyList<FleetFault> Faults { get; init; } = [];

    /// <summary>Nanoseconds from the cohort's start until an agent joins.</summary>
    internal long JoinsAfter(long agent)
    {
        var (index, ramp) = (agent - FirstAgent, ReplayTimeline.PositionAt(Ramp));
        var groups = RampSteps ?? Agents;
        if (ramp == 0 || groups < 2 || index >= Agents) return 0;
        var group = RampSteps is null ? index : index * groups / Agents;
        return (long)(ramp * ((double)group / (groups - 1)));
    }

    /// <summary>Nanoseconds from the pass's start to where an agent begins its first one.</summary>
    internal long PhaseOf(long agent, ReplayWindow window) => Stagger is not { } stagger
        ? 0
        : (long)(new AgentDice(this, agent, AgentDice.Phase).Roll(0, 0) * Math.Min(window.Length, ReplayTimeline.PositionAt(stagger)));

    /// <summary>Messages before the positions at which agents begin, all agents together.</summary>
    internal long MessagesLeftOut(ReplayTimeline timeline, ReplayWindow window)
    {
        if (Stagger is null) return 0;
        var leftOut = 0L;
        for (var index = 0; index < Agents; index++)
            leftOut += MessagesLeftOutBy(FirstAgent + index, timeline, window);
        return leftOut;
    }

    /// <summary>Messages before the position at which an agent begins.</summary>
    internal long MessagesLeftOutBy(long agent, ReplayTimeline timeline, ReplayWindow window) => FirstMessage(timeline, window, PhaseOf(agent, window)) - window.First;

    /// <summary>The first message at or after a position of the pass.</summary>
    internal static int FirstMessage(ReplayTimeline timeline, ReplayWindow window, long phase) =>
        phase == 0 ? window.First : Math.Clamp(timeline.FirstAtOrAfter(window.Start + phase), window.First, window.End);
}

/// <summary>Chance that can be repeated: numbers that follow from a seed, an agent, what they are for, a pass and a message.</summary>
internal readonly struct AgentDice
{
    /// <summary>What is drawn; faults are counted from <see cref="FirstFault"/>, those that are injected from <see cref="FirstInjected"/>.</summary>
    public const int Phase = 0;
    public const int Jitter = 1;
    public const int FirstFault = 16;
    public const int FirstInjected = 1024;

    private readonly ulong _state;

    /// <param name="plan">Whose seed counts.</param>
    /// <param name="agent">The agent's number.</param>
    /// <param name="purpose">What is drawn: numbers for different purposes have nothing to do with each other.</param>
    public AgentDice(FleetPlan plan, long agent, int purpose) =>
        _state = SplitMix64.Mix(SplitMix64.Mix((ulong)plan.Seed + SplitMix64.Step) ^ SplitMix64.Mix(((ulong)(agent - plan.FirstAgent) * SplitMix64.Step) + (ulong)purpose + 1));

    /// <summary>64 even bits that are the agent's alone.</summary>
    public ulong State => _state;

    /// <summary>An even number from 0 up to but not including 1.</summary>
    public double Roll(int pass, int message) => (SplitMix64.Mix(_state + (((((ulong)(uint)pass) << 32) | (uint)message) * SplitMix64.Step)) >> 11) * (1.0 / (1UL << 53));
}
