namespace SimulationManager.Rosbag2;

/// <summary>The result of <see cref="BagVerifier.Verify(string, BagOpenOptions?, CancellationToken)"/>.</summary>
public sealed record BagInspection
{
    /// <summary>What is in the bag; null if it cannot be read.</summary>
    public BagInfo? Info { get; init; }

    /// <summary>The metadata; null if there is none or it cannot be read.</summary>
    public BagMetadata? Metadata { get; init; }

    /// <summary>Errors and warnings, in the order in which they were found.</summary>
    public required IReadOnlyList<BagFinding> Findings { get; init; }

    /// <summary>True if the bag, all of it, can be read.</summary>
    public bool IsReadable => Findings.All(finding => finding.Severity != BagFindingSeverity.Error);
}
