using System.ComponentModel.DataAnnotations;

namespace SimulationManager.Api.Viewing.Recordings;

/// <summary>Settings of section <c>Viewing</c>, which has those of the API's bundle cache as well.</summary>
internal sealed class RecordingViewOptions
{
    public const string Section = "Viewing";

    /// <summary>Clients that may watch recordings at once; each has a playback of its own.</summary>
    [Range(1, 1000)]
    public int MaxPlaybacks { get; init; } = 16;

    /// <summary>Bytes of all recordings that are watched at once, as they are stored: they lie on the disk as long.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBytes { get; init; } = 8L << 30;
}
