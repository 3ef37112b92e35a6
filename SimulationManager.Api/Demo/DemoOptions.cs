using System.ComponentModel.DataAnnotations;

namespace SimulationManager.Api.Demo;

/// <summary>Settings of section <c>Demo</c>.</summary>
public sealed class DemoOptions
{
    public const string Section = "Demo";

    /// <summary>Whether a first run gets something to play with; unset: in Development only.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Address of the demo admin.</summary>
    [Required, EmailAddress]
    public string AdminEmail { get; init; } = "admin@example.com";

    /// <summary>Password of the demo admin; unset: a random one, which is written to the console once.</summary>
    [StringLength(32, MinimumLength = 8)]
    public string? AdminPassword { get; init; }

    /// <summary>Length of the demo robot's recording.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Recording { get; init; } = TimeSpan.FromSeconds(45);
}
