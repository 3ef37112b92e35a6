using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>
/// <c>redis-server</c> or <c>valkey-server</c> on PATH, else the .NET tool <c>garnet-server</c>. What has a volume is also kept as
/// an append-only file: nothing that was acknowledged more than a second ago is lost, even in a hard kill.
/// </summary>
internal sealed partial class RedisProgram(RedisResource redis) : IServerProgram
{
    private const string ImageDataFolder = "/data";

    private static readonly string[] NativePrograms = ["redis-server", "valkey-server"];
    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(10);

    public string Advice => "redis-server or valkey-server, or allow access to the NuGet feed";

    public async Task<ServerCommand> PrepareAsync(ServerStart start, CancellationToken cancellationToken)
    {
        var password = redis.PasswordParameter is { } parameter ? await parameter.GetValueAsync(cancellationToken).ConfigureAwait(false) : null;
        var native = start.MayBeNative ? NativePrograms.Select(name => Programs.TryFind(name, out var path) ? path : null).FirstOrDefault(path => path is not null) : null;
        if (native is not null) return await PrepareNativeAsync(start, native, password, cancellationToken).ConfigureAwait(false);
        if (start.MayBePackage) return await PrepareGarnetAsync(start, password, cancellationToken).ConfigureAwait(false);
        throw new ServerNotInstalledException($"Neither {string.Join(" nor ", NativePrograms)} is on PATH.");
    }

    public Task<bool> IsReadyAsync(ServerStart start, CancellationToken cancellationToken) => LoopbackPorts.AcceptsAsync(start.Port(), cancellationToken);

    private static async Task<ServerCommand> PrepareNativeAsync(ServerStart start, string program, string? password, CancellationToken cancellationToken)
    {
        var data = start.Data(ImageDataFolder);
        DataFolders.Create(data.Path);
        var said = await Programs.RunAsync(program, ["--version"], VersionLimit, cancellationToken).ConfigureAwait(false);
        var version = VersionPattern().Match(said.Output) is { Success: true } match ? match.Groups[1].Value : "unknown";
        return new ServerCommand
        {
            Program = program,
            Arguments =
            [
                "--bind", "127.0.0.1", "--port", start.Port().ToString(CultureInfo.InvariantCulture), "--dir", data.Path,
                "--save", data.IsTemporary ? "" : "60 1", "--appendonly", data.IsTemporary ? "no" : "yes",
            ],
            WorkingDirectory = data.Path,
            Description = $"{Path.GetFileName(program)} {version} ({program})",
        }.WithInput(start, [], password is null ? "" : $"requirepass {Quote(password)}");
    }

    private static string Quote(string value) =>
        Encoding.UTF8.GetBytes(value).Aggregate(new StringBuilder("\""), (quoted, octet) => quoted.Append(CultureInfo.InvariantCulture, $"\\x{octet:x2}")).Append('"').ToString();

    private static async Task<ServerCommand> PrepareGarnetAsync(ServerStart start, string? password, CancellationToken cancellationToken)
    {
        var program = await GarnetPackage.GetAsync(start.Folders.Packages, start.Log, cancellationToken).ConfigureAwait(false);
        // Garnet's files are not Redis's, so a volume holds both side by side.
        var data = start.Data(ImageDataFolder).In("garnet");
        DataFolders.Create(data.Path);
        return new ServerCommand
        {
            Program = Programs.Dotnet,
            Arguments = GarnetArguments(start.Port(), data),
            WorkingDirectory = data.Path,
            Description = $"garnet-server {GarnetPackage.Version} (.NET tool, in place of Redis)",
        }.WithInput(start, [program, "--auth", "ACL", "--acl-file"], $"user default on {(password is null ? "nopass" : $"#{Hash(password)}")} ~* +@all");
    }

    private static string Hash(string password) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password)));

    private static string[] GarnetArguments(int port, DataFolder data)
    {
        string[] arguments =
        [
            "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--lua", "-q", "--memory", "1g", "--index", "16m", "--checkpointdir", data.Path,
            // The default needs libaio, which many machines lack.
            "--device-type", "RandomAccess",
        ];
        return data.IsTemporary ? arguments : [.. arguments, "--aof", "--aof-commit-freq", "50", "--aof-memory", "64m", "--recover", "--checkpoint-freq", "300"];
    }

    [GeneratedRegex(@"\bv=(\S+)")]
    private static partial Regex VersionPattern();
}
