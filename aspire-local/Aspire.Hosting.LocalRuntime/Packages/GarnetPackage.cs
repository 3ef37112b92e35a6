namespace Aspire.Hosting.LocalRuntime;

/// <summary>Garnet, a server that speaks the Redis protocol, as the .NET tool <c>garnet-server</c>.</summary>
internal sealed class GarnetPackage(RealisationContext context)
{
    public const string Version = "2.2.8";

    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);

    /// <summary>The path of <c>GarnetServer.dll</c>.</summary>
    /// <exception cref="SourceUnavailableException">It could not be installed.</exception>
    public async Task<string> GetAsync(Action<string> onProgress, CancellationToken cancellationToken)
    {
        var folder = await new PackageCache(context.Root).GetAsync($"garnet-server-{Version}", half => InstallAsync(half, onProgress, cancellationToken)).ConfigureAwait(false);
        return Directory.EnumerateFiles(folder, "GarnetServer.dll", SearchOption.AllDirectories)
            .Where(path => path.Contains($"{Path.DirectorySeparatorChar}net{Environment.Version.Major}.", StringComparison.Ordinal))
            .FirstOrDefault() ?? throw new SourceUnavailableException($"garnet-server {Version} in '{folder}' has no server for .NET {Environment.Version.Major}; delete that folder to fetch it again.");
    }

    private async Task InstallAsync(string folder, Action<string> onProgress, CancellationToken cancellationToken)
    {
        onProgress($"downloading Garnet {Version} (the .NET tool garnet-server) from the NuGet feed");
        var request = new ProcessRequest
        {
            Name = "dotnet tool install garnet-server",
            FileName = "dotnet",
            Arguments = ["tool", "install", "garnet-server", "--version", Version, "--tool-path", folder],
            WorkingDirectory = folder,
            Environment = CleanEnvironment(),
            OnOutput = _ => { },
        };
        try
        {
            var result = await context.Launcher.RunToolAsync(request, InstallLimit, context.Clock, cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0)
                throw new SourceUnavailableException($"'dotnet tool install garnet-server' failed with exit code {result.ExitCode}: {result.Tail}");
        }
        catch (Exception failed) when (failed is TimeoutException or LaunchFailedException)
        {
            throw new SourceUnavailableException(failed.Message);
        }
    }

    /// <summary>Without what <c>dotnet run</c> and MSBuild leave in the environment, which would confuse another SDK command.</summary>
    private static Dictionary<string, string?> CleanEnvironment()
    {
        var changes = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToDictionary(name => name, _ => (string?)null);
        changes["DOTNET_NOLOGO"] = "true";
        changes["DOTNET_CLI_TELEMETRY_OPTOUT"] = "true";
        changes["DOTNET_STARTUP_HOOKS"] = null;
        return changes;
    }
}
