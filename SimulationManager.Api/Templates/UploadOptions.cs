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

    /// <summary>Where uploads wait while they are checked; empty: in the system's temporary folder.</summary>
    public string SpoolFolder { get; init; } = "";
}
