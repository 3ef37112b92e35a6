namespace Aspire.Hosting.LocalRuntime;

/// <summary>What kind of server a request is for; decides which native or packaged server can stand in for its container.</summary>
internal enum ServerKind { Container, Postgres, Redis, S3 }

/// <summary>One line that a child process wrote.</summary>
internal readonly record struct OutputLine(DateTimeOffset Time, bool IsError, string Text);

/// <summary>A port of a server: inside its container and on this machine (loopback).</summary>
internal sealed record ServerPort(string EndpointName, int ContainerPort, int HostPort);

/// <summary>A named volume or a bind mount. A named volume's <see cref="Source"/> is its name, a bind mount's an absolute path.</summary>
internal sealed record ServerMount(bool IsNamedVolume, string Source, string Target, bool IsReadOnly);

/// <summary>A backing server to run, whatever realises it.</summary>
internal sealed record ServerRequest
{
    public required string ResourceName { get; init; }
    public required ServerKind Kind { get; init; }
    /// <summary>Image with registry and tag, for example <c>docker.io/library/redis:8.6</c>.</summary>
    public required string Image { get; init; }
    public string? Entrypoint { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<ServerPort> Ports { get; init; } = [];
    public IReadOnlyList<ServerMount> Mounts { get; init; } = [];
    public IReadOnlyList<string> ContainerRuntimeArguments { get; init; } = [];
    /// <summary>True: the container outlives the AppHost (ContainerLifetime.Persistent). Native and packaged servers never do.</summary>
    public bool IsPersistent { get; init; }
    public string UserName { get; init; } = "";
    public string Password { get; init; } = "";
    /// <summary>Redis: the <c>--save</c> interval in whole seconds and the number of changed keys; null = no snapshots.</summary>
    public (int Seconds, long Keys)? RedisSave { get; init; }
    /// <summary>Forced source (<c>container</c>, <c>native</c>, <c>package</c>) or null for the first that works.</summary>
    public string? ForcedSource { get; init; }
    public required Action<OutputLine> OnOutput { get; init; }
    /// <summary>One line for a person about a slow step (a download, an image pull).</summary>
    public required Action<string> OnProgress { get; init; }
}

/// <summary>A running child: process or container.</summary>
internal interface ILaunched : IAsyncDisposable
{
    int? ProcessId { get; }
    /// <summary>Completes with the exit code when the child has ended, for whatever reason.</summary>
    Task<int> Exited { get; }
    /// <summary>Asks the child to end, and kills it with all its descendants after <paramref name="grace"/>.</summary>
    Task StopAsync(TimeSpan grace, CancellationToken cancellationToken);
}

/// <summary>A server that runs, and what realises it.</summary>
internal sealed record RealisedServer(ILaunched Launched, string Source, string Description, string Version);

/// <summary>A process to start (a project, an executable or a native server).</summary>
internal sealed record ProcessRequest
{
    public required string Name { get; init; }
    public required string FileName { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];
    public required string WorkingDirectory { get; init; }
    /// <summary>Added to (or, with a null value, removed from) this process's own environment.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
    /// <summary>Run as an unprivileged user when this process is root (PostgreSQL refuses root).</summary>
    public bool DropRoot { get; init; }
    /// <summary>Written to the child's standard input, which is then closed: hands over a secret that no process list shows.</summary>
    public string? StandardInput { get; init; }
    /// <summary>What it starts in the background is not ended with it; for the commands of a container runtime.</summary>
    public bool LeavesServices { get; init; }
    /// <summary>SIGTERM unless set: PostgreSQL's fast shutdown is SIGINT.</summary>
    public bool StopWithInterrupt { get; init; }
    public required Action<OutputLine> OnOutput { get; init; }
}

/// <summary>Why nothing could realise a server: each way that was tried, why it failed, and what to install.</summary>
internal sealed class RealisationException(string resourceName, IReadOnlyList<string> attempts, string advice)
    : Exception($"'{resourceName}' could not be started. {string.Join(" ", attempts)} {advice}")
{
    public IReadOnlyList<string> Attempts { get; } = attempts;
    public string Advice { get; } = advice;

    /// <summary>True: nothing on this machine can run it. False: something could, but it did not start.</summary>
    public bool IsNothingInstalled { get; init; }
}
