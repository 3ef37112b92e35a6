namespace Aspire.Hosting;

/// <summary>The AppHost's command line and the settings that it changes.</summary>
internal static class CommandLineSwitches
{
    public const string OperationKey = "AppHost:Operation";
    public const string PublisherKey = "Publishing:Publisher";
    public const string OutputPathKey = "Publishing:OutputPath";

    public static readonly Dictionary<string, string> Mappings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--operation"] = OperationKey,
        ["--publisher"] = PublisherKey,
        ["--output-path"] = OutputPathKey,
    };
}

/// <summary>Settings of the local engine. No other engine knows them, and nothing outside the AppHost's configuration depends on them.</summary>
internal static class LocalSettings
{
    /// <summary>Forces one source (<c>container</c>, <c>native</c>, <c>package</c>) for every backing server.</summary>
    public const string SourceKey = "Aspire:Local:Source";

    /// <summary>The same for one resource: <c>Aspire:Local:Sources:&lt;resource&gt;</c>.</summary>
    public const string SourcesSection = "Aspire:Local:Sources";

    /// <summary>Directory of named volumes.</summary>
    public const string DataRootKey = "Aspire:Local:DataRoot";

    /// <summary>True: named volumes are as short-lived as the run, unless a data root is given.</summary>
    public const string TemporaryVolumesKey = "Aspire:Local:TemporaryVolumes";

    /// <summary>False: nothing is written to the console.</summary>
    public const string ConsoleKey = "Aspire:Local:Console";

    /// <summary>False: no dashboard.</summary>
    public const string DashboardKey = "Aspire:Local:Dashboard";

    /// <summary>True: every endpoint gets a free port, even one that asks for a certain port. The name is the official one.</summary>
    public const string RandomizePortsKey = "DcpPublisher:RandomizePorts";
}
