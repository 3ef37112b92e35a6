namespace SimulationManager.Rosbag2;

/// <summary>Which messages of a bag to read.</summary>
public sealed record BagReadOptions
{
    /// <summary>Everything.</summary>
    public static BagReadOptions All { get; } = new();

    /// <summary>First timestamp to read, nanoseconds since the Unix epoch, inclusive.</summary>
    public long FromNs { get; init; } = long.MinValue;

    /// <summary>Last timestamp to read, nanoseconds since the Unix epoch, inclusive.</summary>
    public long ToNs { get; init; } = long.MaxValue;

    /// <summary>Names of the topics to read, or null for all. Names that the bag does not have select nothing.</summary>
    public IReadOnlyCollection<string>? Topics { get; init; }
}
