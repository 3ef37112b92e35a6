using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>How the agents of a step or group differ from each other.</summary>
public sealed record FleetRequest : IRequestBody
{
    /// <summary>Milliseconds.</summary>
    private const double MaxJitter = 10_000;

    [Description("What chance follows from: the same seed, the same run; 0 when left out.")]
    public long? Seed { get; init; }

    [Description("Agents join one after the other; left out: all at once.")]
    public RampRequest? Ramp { get; init; }

    [Description("Each agent begins its first pass at a position of its own, drawn by the seed; later passes are whole. `{}`: anywhere in the pass. Left out: all begin at its start.")]
    public StaggerRequest? Stagger { get; init; }

    [Range(0.0, MaxJitter), Description("Milliseconds up to which each message goes out late, drawn by the seed; the order of an agent's messages stays. 0 when left out.")]
    public double? Jitter { get; init; }

    [Length(0, FleetOptions.MaxFaults), Description("What goes wrong; a message meets them in this order.")]
    public IReadOnlyList<FaultRequest>? Faults { get; init; }

    /// <summary>As the run keeps it.</summary>
    public FleetOptions ToOptions() => new()
    {
        Seed = Seed ?? 0,
        Ramp = Ramp is null ? null : new RampOptions(Ramp.Seconds!.Value, Ramp.Steps),
        Stagger = Stagger is null ? null : new StaggerOptions(Stagger.Within),
        Jitter = Jitter ?? 0,
        Faults = [.. (Faults ?? []).Select(fault => fault.ToOptions())],
    };
}

/// <summary>When agents join.</summary>
public sealed record RampRequest : IRequestBody
{
    [Required, Range(0.0, PlaybackOptions.MaxDelay), Description("Seconds from the first agent to the last, in the order of their numbers, whatever the rate; they count into `executionTime`.")]
    public double? Seconds { get; init; }

    [Range(2, 1000), Description("Groups in which they join; left out: each by itself.")]
    public int? Steps { get; init; }
}

/// <summary>Where in the bag agents begin.</summary>
public sealed record StaggerRequest : IRequestBody
{
    [Range(0.001, PlaybackOptions.MaxSeconds), Description("Seconds of the bag from the pass's start within which agents begin; left out: the whole pass.")]
    public double? Within { get; init; }
}
