using System.Globalization;
using System.Text.RegularExpressions;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>A folder with <c>postgres</c> and <c>initdb</c> of one version.</summary>
internal sealed partial record PostgresBinaries(string Folder, string Version)
{
    /// <summary>Older servers lack what the integrations rely on.</summary>
    public const int OldestMajor = 13;

    private static readonly string[] VersionedFolders =
        ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/Library/PostgreSQL/*/bin"];

    /// <summary>Where the programs come from.</summary>
    public string Origin { get; init; } = Folder;

    public int Major => MajorOf(Version);

    public string Server => Path.Combine(Folder, "postgres" + Ending);

    public string InitDb => Path.Combine(Folder, "initdb" + Ending);

    private static string Ending => OperatingSystem.IsWindows() ? ".exe" : "";

    /// <summary>Folders that hold both programs: the one on PATH first, then the usual ones, newest first.</summary>
    public static IReadOnlyList<string> FindFolders()
    {
        var onPath = Programs.TryFind("postgres", out var server) ? [Path.GetDirectoryName(RealPath(server))!] : Array.Empty<string>();
        var versioned = VersionedFolders.SelectMany(Expand).OrderByDescending(NumberIn);
        return [.. onPath.Concat(versioned).Distinct().Where(HoldsBoth)];
    }

    /// <summary>What <c>postgres --version</c> says, without the name; empty when it says something else.</summary>
    public static string ParseVersion(string text) => VersionPattern().Match(text) is { Success: true } match ? match.Groups[1].Value : "";

    public static int MajorOf(string version) =>
        int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;

    private static bool HoldsBoth(string folder)
    {
        var binaries = new PostgresBinaries(folder, "");
        return Programs.IsExecutable(binaries.Server) && Programs.IsExecutable(binaries.InitDb);
    }

    /// <summary>The links in /usr/bin and the like point into the folder where initdb lies too.</summary>
    private static string RealPath(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    private static IEnumerable<string> Expand(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        var parent = pattern[..(pattern.LastIndexOf('/', star) + 1)];
        var name = pattern[parent.Length..pattern.IndexOf('/', star)];
        return Directory.Exists(parent) ? Directory.EnumerateDirectories(parent, name).Select(folder => Path.Combine(folder, "bin")) : [];
    }

    private static int NumberIn(string folder) =>
        int.TryParse(string.Concat(Path.GetFileName(Path.GetDirectoryName(folder)!).Where(char.IsAsciiDigit).Take(2)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"\(PostgreSQL\) (\d+(\.\d+)*)")]
    private static partial Regex VersionPattern();
}
