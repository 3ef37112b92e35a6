namespace SimulationManager.Hosting.LocalServers;

/// <summary>What runs a backing server.</summary>
internal enum ServerSource
{
    /// <summary>A container, run by Aspire as always.</summary>
    Container,

    /// <summary>A process: <see cref="Native"/>, else <see cref="Package"/>.</summary>
    Process,

    /// <summary>A server that is installed on this machine.</summary>
    Native,

    /// <summary>A server that is fetched as a package.</summary>
    Package,
}

/// <summary>The section <c>LocalServers</c> of the AppHost's configuration.</summary>
internal sealed class LocalServersOptions
{
    public const string Section = "LocalServers";

    /// <summary>The source of every server; unless set, a container where that works, else a process.</summary>
    public ServerSource? Source { get; set; }

    /// <summary>The source of single servers, by name of the resource.</summary>
    public Dictionary<string, ServerSource> Sources { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where volumes are kept; the user's data folder unless set.</summary>
    public string? DataRoot { get; set; }

    public ServerSource? SourceOf(string resource) => Sources.TryGetValue(resource, out var source) ? source : Source;
}
