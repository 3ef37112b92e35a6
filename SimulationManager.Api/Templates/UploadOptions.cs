using System.ComponentModel.DataAnnotations;

namespace SimulationManager.Api.Templates;

/// <summary>Settings of section <c>Uploads</c>.</summary>
public sealed class UploadOptions
{
    public const string Section = "Uploads";

    /// <summary>Largest bundle, all files together, in bytes.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBundleBytes { get; init; } = 20L * 1024 * 1024 * 1024;

    /// <summary>Largest number of files in a bundle.</summary>
    [Range(2, 100_000)]
    public int MaxFiles { get; init; } = 1000;

    /// <summary>Largest size that a compressed file may have when it is unpacked, in bytes: a small upload must not fill the disk.</summary>
    [Range(1, long.MaxValue)]
    public long MaxDecompressedFileBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>
    /// Bytes from which a bundle gets an index (<see cref="SimulationManager.Rosbag2.BagIndex"/>), with which its agents begin before all of it is on their machine.
    /// Below, fetching it takes no longer.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long IndexFromBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How many bags are converted for downloads at once; each takes up to three times its size in <see cref="SpoolFolder"/>.</summary>
    [Range(1, 64)]
    public int MaxConversions { get; init; } = 2;

    /// <summary>Bytes of one part when a browser sends a bundle to storage directly; S3 takes at most 5 GiB at once.</summary>
    [Range(1, 5L * 1024 * 1024 * 1024)]
    public long PartBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>An upload in parts that is not completed by then is abandoned, and what was sent of it is removed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan AbandonedAfter { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often abandoned uploads, and objects that no template and no run refers to, are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Where uploads wait while they are checked and downloads while they are converted; empty: in the system's temporary folder.</summary>
    public string SpoolFolder { get; init; } = "";
}
