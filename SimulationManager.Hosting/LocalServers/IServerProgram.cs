using Microsoft.Extensions.Logging;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>How a kind of server runs as a process.</summary>
internal interface IServerProgram
{
    /// <summary>What a person can install so that the server runs; completes "Install podman or docker, or …".</summary>
    string Advice { get; }

    /// <summary>Finds or fetches the program and prepares its data. Called before each start of the server.</summary>
    /// <exception cref="LocalServerException">It cannot run here; the message says what to do.</exception>
    Task<ServerCommand> PrepareAsync(ServerStart start, CancellationToken cancellationToken);

    /// <summary>Whether the started server can be used.</summary>
    /// <exception cref="LocalServerException">It runs, and never will be usable; the message says what to do.</exception>
    Task<bool> IsReadyAsync(ServerStart start, CancellationToken cancellationToken);
}

/// <summary>What a program is prepared from.</summary>
/// <param name="Resource">The resource that the process stands for.</param>
/// <param name="Source">Set when only this source may be used.</param>
/// <param name="Folders">Where data and packages are kept.</param>
/// <param name="Log">The log of the resource.</param>
internal sealed record ServerStart(IResourceWithEndpoints Resource, ServerSource? Source, DataFolders Folders, ILogger Log)
{
    public bool MayBeNative => Source is not ServerSource.Package;

    public bool MayBePackage => Source is not ServerSource.Native;

    /// <summary>The port on this machine of an endpoint of the resource.</summary>
    public int Port(string endpoint) => Resource.GetEndpoint(endpoint).Port;

    /// <summary>The port on this machine of the resource's first endpoint.</summary>
    public int Port() => Resource.Annotations.OfType<EndpointAnnotation>().First().Port!.Value;

    /// <summary>The folder that stands for what the image mounts at one of the targets; without a mount, one that ends with the run.</summary>
    public DataFolder Data(params ReadOnlySpan<string> targets)
    {
        foreach (var mount in Resource.Annotations.OfType<ContainerMountAnnotation>())
        {
            if (targets.Contains(mount.Target.TrimEnd('/')) && mount.Source is { } source)
                return mount.Type == ContainerMountType.Volume ? Folders.Volume(source) : new DataFolder(source, IsTemporary: false);
        }

        return Folders.Temporary(Resource.Name);
    }
}

/// <summary>A process to run.</summary>
internal sealed record ServerCommand
{
    public required string Program { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public required string WorkingDirectory { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Program, version and origin as a person reads them.</summary>
    public required string Description { get; init; }
}

/// <summary>A backing server cannot run as a process; the message is for a person and says what to do.</summary>
internal class LocalServerException(string message) : DistributedApplicationException(message);

/// <summary>Nothing on this machine can run a server, and nothing could be fetched that does.</summary>
internal sealed class ServerNotInstalledException(string message) : LocalServerException(message);
