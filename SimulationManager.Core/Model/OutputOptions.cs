using System.Text.Json.Serialization;

namespace SimulationManager.Core.Model;

/// <summary>What becomes of stamps in payloads.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StampRewriting>))]
public enum StampRewriting
{
    /// <summary>They stay as recorded.</summary>
    [JsonStringEnumMemberName(StampWords.Recorded)]
    Recorded,

    /// <summary>Each becomes the time at which its message is due.</summary>
    [JsonStringEnumMemberName(StampWords.Now)]
    Now,

    /// <summary>Each is moved by as much as its message is played later than it was recorded.</summary>
    [JsonStringEnumMemberName(StampWords.Offset)]
    Offset,
}

/// <summary>A <see cref="StampRewriting"/> on the wire.</summary>
public static class StampWords
{
    public const string Recorded = "recorded";
    public const string Now = "now";
    public const string Offset = "offset";
}

/// <summary>Where the agents of a step or group publish, and what is changed in what they publish.</summary>
[GenerateSerializer, Immutable]
public sealed record OutputOptions
{
    /// <summary>Addresses instead of those of the simulation's site; absent: the site's.</summary>
    [Id(0)] public IReadOnlyList<string>? Endpoints { get; init; }

    /// <summary>What becomes of stamps in payloads.</summary>
    [Id(1)] public StampRewriting Stamps { get; init; }

    /// <summary>The agents' names, such as <c>robot_{n:000}</c>, with which topics and frames begin; absent: frames keep their names.</summary>
    [Id(2)] public string? Identity { get; init; }

    /// <summary>Frames that all agents share; absent: map, world and earth.</summary>
    [Id(3)] public IReadOnlyList<string>? SharedFrames { get; init; }

    /// <summary>Where agents are; absent: all where the recorded robot was.</summary>
    [Id(4)] public PoseOffsetOptions? PoseOffset { get; init; }

    /// <summary>The recorded frames in which poses are moved; absent: map, odom and world.</summary>
    [Id(5)] public IReadOnlyList<string>? GlobalFrames { get; init; }
}

/// <summary>How agents are spread over a plane: a grid, or at random over an area.</summary>
[GenerateSerializer, Immutable]
public sealed record PoseOffsetOptions
{
    /// <summary>Metres between neighbours of a grid; absent: at random.</summary>
    [Id(0)] public double? Spacing { get; init; }

    /// <summary>Agents in a row of the grid.</summary>
    [Id(1)] public int? Columns { get; init; }

    /// <summary>Metres along x, half to each side, over which agents are spread at random.</summary>
    [Id(2)] public double? Width { get; init; }

    /// <summary>The same along y.</summary>
    [Id(3)] public double? Height { get; init; }

    /// <summary>What the random places follow from: the same seed, the same places.</summary>
    [Id(4)] public long Seed { get; init; }
}
