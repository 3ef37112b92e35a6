using System.Text.Json.Serialization;

namespace SimulationManager.Core.Model;

/// <summary>How the agents of a step or group differ from each other. Everything follows from the seed: the same seed, the same run.</summary>
[GenerateSerializer, Immutable]
public sealed record FleetOptions
{
    /// <summary>Faults that a step or group can have, at most; and as many that are injected.</summary>
    public const int MaxFaults = 16;

    /// <summary>What chance follows from.</summary>
    [Id(0)] public long Seed { get; init; }

    /// <summary>When agents join; absent: all at once.</summary>
    [Id(1)] public RampOptions? Ramp { get; init; }

    /// <summary>Where in the bag agents begin their first pass; absent: all at its start.</summary>
    [Id(2)] public StaggerOptions? Stagger { get; init; }

    /// <summary>Milliseconds up to which each message goes out late.</summary>
    [Id(3)] public double Jitter { get; init; }

    /// <summary>What goes wrong.</summary>
    [Id(4)] public IReadOnlyList<FaultOptions> Faults { get; init; } = [];
}

/// <summary>Agents join one after the other, in the order of their numbers.</summary>
/// <param name="Seconds">Time between the first and the last of them.</param>
/// <param name="Steps">Groups in which they join; absent: each by itself.</param>
[GenerateSerializer, Immutable]
public sealed record RampOptions([property: Id(0)] double Seconds, [property: Id(1)] int? Steps);

/// <summary>Each agent begins its first pass at a position of its own.</summary>
/// <param name="Within">Seconds from the pass's start in which these positions are; absent: the whole pass.</param>
[GenerateSerializer, Immutable]
public sealed record StaggerOptions([property: Id(0)] double? Within);

/// <summary>One thing that goes wrong, and for whom.</summary>
[GenerateSerializer, Immutable]
public sealed record FaultOptions
{
    /// <summary>What goes wrong.</summary>
    [Id(0)] public required FaultKind Kind { get; init; }

    /// <summary>Share of the agents, 0–1, drawn by the seed; absent: those that are numbered, else all.</summary>
    [Id(1)] public double? Share { get; init; }

    /// <summary>The first agent, counted from 1 within the step or group.</summary>
    [Id(2)] public int? First { get; init; }

    /// <summary>The last agent.</summary>
    [Id(3)] public int? Last { get; init; }

    /// <summary>Topics by their recorded names; absent: all.</summary>
    [Id(4)] public IReadOnlyList<string>? Topics { get; init; }

    /// <summary>Share of the messages, 0–1.</summary>
    [Id(5)] public double? Rate { get; init; }

    /// <summary>Seconds by which messages are delayed.</summary>
    [Id(6)] public double? Delay { get; init; }

    /// <summary>Seconds of the bag that the agent has played when it begins; 0 is not written: what is read of a fault can be sent again, and most kinds take no such time.</summary>
    [Id(7), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public double At { get; init; }

    /// <summary>Seconds of the bag that it lasts.</summary>
    [Id(8)] public double? For { get; init; }

    /// <summary>Seconds of the bag from one beginning to the next; absent: once.</summary>
    [Id(9)] public double? Every { get; init; }

    /// <summary>Whether all values are the same, those of <see cref="Topics"/> in the same order.</summary>
    public bool Equals(FaultOptions? other) => other is not null
        && (Kind, Share, First, Last, Rate, Delay) == (other.Kind, other.Share, other.First, other.Last, other.Rate, other.Delay)
        && (At, For, Every) == (other.At, other.For, other.Every)
        && (Topics is null ? other.Topics is null : other.Topics is not null && Topics.SequenceEqual(other.Topics));

    public override int GetHashCode() => HashCode.Combine(Kind, Share, First, Last, Rate, Delay, HashCode.Combine(At, For, Every), Topics?.Count);
}
