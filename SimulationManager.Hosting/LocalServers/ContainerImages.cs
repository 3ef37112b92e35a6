using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>
/// Which images a container can be made of here. A container program that answers is not enough: without a registry that it
/// reaches, Aspire would try to pull for minutes.
/// </summary>
internal sealed partial class ContainerImages(IConfiguration configuration, ILogger logger)
{
    private static readonly string[] Runtimes = ["docker", "podman"];
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PullLimit = TimeSpan.FromMinutes(5);

    private Task<string?>? _runtime;

    /// <summary>Null when the image is on this machine or was pulled now, else a sentence why not.</summary>
    public async Task<string?> FindProblemAsync(string image, CancellationToken cancellationToken)
    {
        var runtime = await (_runtime ??= FindRuntimeAsync(cancellationToken)).ConfigureAwait(false);
        if (runtime is null) return "No container runtime works here.";
        if (await TryAsync(runtime, ["image", "inspect", image], CommandLimit, cancellationToken).ConfigureAwait(false) is { ExitCode: 0 }) return null;
        LogPulling(logger, image, runtime);
        var pull = await TryAsync(runtime, ["pull", "--quiet", image], PullLimit, cancellationToken).ConfigureAwait(false);
        return pull is { ExitCode: 0 } ? null : $"{runtime} works, but {image} is not on this machine and could not be pulled ({pull?.Tail ?? "it took too long"}).";
    }

    /// <summary>The program that Aspire would use: the one that is configured, else the first that works.</summary>
    private async Task<string?> FindRuntimeAsync(CancellationToken cancellationToken)
    {
        var chosen = configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"];
        foreach (var name in Runtimes.Where(name => string.IsNullOrEmpty(chosen) || name == chosen))
        {
            // The docker client exits with 0 without an engine unless the engine is asked for its own version.
            string[] arguments = name == "docker" ? ["version", "--format", "{{.Server.Version}}"] : ["info", "--format", "{{.Version.Version}}"];
            if (Programs.TryFind(name, out var program) && await TryAsync(program, arguments, CommandLimit, cancellationToken).ConfigureAwait(false) is { ExitCode: 0 })
                return name;
        }

        return null;
    }

    private static async Task<ProgramResult?> TryAsync(string program, string[] arguments, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await Programs.RunAsync(program, arguments, limit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    [LoggerMessage(131, LogLevel.Information, "Pulling {Image} with {Runtime}")]
    private static partial void LogPulling(ILogger logger, string image, string runtime);
}
