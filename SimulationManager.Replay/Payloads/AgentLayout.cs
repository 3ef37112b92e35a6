using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>How far each agent is from where the recorded robot was. The same agent is always as far. Immutable.</summary>
public abstract record AgentLayout
{
    private protected AgentLayout()
    {
    }

    /// <summary>What is added to an agent's positions.</summary>
    /// <param name="agent">The agent's number; numbers count from 1.</param>
    public abstract PositionOffset OffsetOf(long agent);

    private protected static double Metres(double value, string name) =>
        double.IsFinite(value) && value is >= 0 and <= 1e6 ? value : throw new ArgumentOutOfRangeException(name, value, "It must be 0 to 1,000,000 metres.");
}

/// <summary>Agents in rows along x, and the rows along y. The first stands where the recorded robot did.</summary>
public sealed record GridLayout : AgentLayout
{
    /// <summary>Creates a grid.</summary>
    /// <param name="spacing">Metres between neighbours, 0 to 1,000,000.</param>
    /// <param name="columns">Agents in a row, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is out of range.</exception>
    public GridLayout(double spacing, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (Spacing, Columns) = (Metres(spacing, nameof(spacing)), columns);
    }

    /// <summary>Metres between neighbours.</summary>
    public double Spacing { get; }

    /// <summary>Agents in a row.</summary>
    public int Columns { get; }

    /// <inheritdoc/>
    public override PositionOffset OffsetOf(long agent)
    {
        var (row, column) = Math.DivRem(Math.Max(agent - 1, 0), Columns);
        return new(column * Spacing, row * Spacing);
    }
}

/// <summary>Agents anywhere in an area around where the recorded robot was, each place as likely as any other.</summary>
public sealed record RandomLayout : AgentLayout
{
    /// <summary>Creates an area.</summary>
    /// <param name="halfWidthX">Metres that an agent may be off along x, either way, 0 to 1,000,000.</param>
    /// <param name="halfWidthY">The same along y.</param>
    /// <param name="seed">Another seed gives other places; the same seed the same ones, on every machine.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width is out of range.</exception>
    public RandomLayout(double halfWidthX, double halfWidthY, long seed)
    {
        (HalfWidthX, HalfWidthY, Seed) = (Metres(halfWidthX, nameof(halfWidthX)), Metres(halfWidthY, nameof(halfWidthY)), seed);
    }

    /// <summary>Metres that an agent may be off along x.</summary>
    public double HalfWidthX { get; }

    /// <summary>Metres that an agent may be off along y.</summary>
    public double HalfWidthY { get; }

    /// <summary>The seed.</summary>
    public long Seed { get; }

    /// <inheritdoc/>
    public override PositionOffset OffsetOf(long agent)
    {
        var state = (SplitMix64.Mix((ulong)Seed + SplitMix64.Step) ^ (ulong)agent) + SplitMix64.Step;
        return new(Share(SplitMix64.Mix(state)) * HalfWidthX, Share(SplitMix64.Mix(state + SplitMix64.Step)) * HalfWidthY);
    }

    /// <summary>-1 to 1.</summary>
    private static double Share(ulong bits) => ((bits >> 11) * (2.0 / (1UL << 53))) - 1;
}
