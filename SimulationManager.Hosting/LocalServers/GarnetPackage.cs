using Microsoft.Extensions.Logging;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>Garnet, a server that speaks the Redis protocol, as the .NET tool <c>garnet-server</c>. NuGet verifies what it fetches.</summary>
internal static partial class GarnetPackage
{
    public const string Version = "2.2.8";

    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);

    /// <summary>The path of <c>GarnetServer.dll</c>; fetched unless it is there.</summary>
    /// <exception cref="LocalServerException">It could not be installed.</exception>
    public static async Task<string> GetAsync(string packages, ILogger log, CancellationToken cancellationToken)
    {
        var folder = await PackageCache.GetAsync(packages, $"garnet-server-{Version}", half => InstallAsync(half, log, cancellationToken)).ConfigureAwait(false);
        // The package holds the server twice; the one beside the tool's settings is the tool.
        return Directory.EnumerateFiles(folder, "DotnetToolSettings.xml", SearchOption.AllDirectories)
            .Where(path => path.Contains($"{Path.DirectorySeparatorChar}net{Environment.Version.Major}.", StringComparison.Ordinal))
            .Select(path => Path.Combine(Path.GetDirectoryName(path)!, "GarnetServer.dll"))
            .FirstOrDefault(File.Exists)
            ?? throw new LocalServerException($"garnet-server {Version} in '{folder}' has no server for .NET {Environment.Version.Major}; delete that folder to fetch it again.");
    }

    private static async Task InstallAsync(string folder, ILogger log, CancellationToken cancellationToken)
    {
        LogFetching(log, Version);
        try
        {
            var result = await Programs.RunAsync(
                "dotnet", ["tool", "install", "garnet-server", "--version", Version, "--tool-path", folder], InstallLimit, cancellationToken, CleanEnvironment()).ConfigureAwait(false);
            if (result.ExitCode != 0)
                throw new ServerNotInstalledException($"'dotnet tool install garnet-server' failed with exit code {result.ExitCode}: {result.Tail}");
        }
        catch (TimeoutException slow)
        {
            throw new ServerNotInstalledException(slow.Message);
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

    [LoggerMessage(112, LogLevel.Information, "Fetching Garnet {Version} (the .NET tool garnet-server) from the NuGet feed")]
    private static partial void LogFetching(ILogger logger, string version);
}
