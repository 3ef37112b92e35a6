namespace Aspire.Hosting.LocalRuntime;

/// <summary>Where a session keeps data, and how an earlier session of the same AppHost is told apart.</summary>
internal sealed record LocalRuntimeOptions
{
    /// <summary>Stable name of the AppHost on this machine: prefix of volumes and of the session lock.</summary>
    public required string ApplicationName { get; init; }
    /// <summary>Root of named volumes, caches and session files; null picks the user's data folder.</summary>
    public string? DataRoot { get; init; }

    /// <summary>True: named volumes last for the session only, as a test wants it; a server that is restarted within it finds its data.</summary>
    public bool VolumesAreTemporary { get; init; }
}

/// <summary>Starts children and servers, and sees to it that none outlives this process, however it ends.</summary>
internal interface ILocalRuntimeSession : IAsyncDisposable
{
    Task<ILaunched> LaunchAsync(ProcessRequest request, CancellationToken cancellationToken);
    Task<RealisedServer> RealiseAsync(ServerRequest request, CancellationToken cancellationToken);
}
