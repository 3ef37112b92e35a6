using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.LocalRuntime;

/// <summary><c>redis-server</c> or <c>valkey-server</c> on PATH. Its configuration goes in by standard input, so that no password shows in a process list.</summary>
internal sealed partial class NativeRedis(RealisationContext context) : IServerSource
{
    /// <summary>Where the official image keeps its data.</summary>
    public const string ImageDataFolder = "/data";

    private static readonly string[] Programs = ["redis-server", "valkey-server"];
    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public string Name => "native";

    public async Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        var program = Programs.Select(name => Executables.TryFind(name, out var path) ? path : null).FirstOrDefault(path => path is not null)
            ?? throw new SourceUnavailableException($"neither {string.Join(" nor ", Programs)} is on PATH.");
        var version = await ReadVersionAsync(program, cancellationToken).ConfigureAwait(false);
        var mount = DataMount.Of(request, context.Root, ImageDataFolder);
        mount.Create(owner: null);
        var port = request.Ports[0].HostPort;

        var start = new ProcessRequest
        {
            Name = request.ResourceName,
            FileName = program,
            Arguments = ["-"],
            StandardInput = Configuration(request, mount, port),
            WorkingDirectory = mount.Folder,
            OnOutput = request.OnOutput,
        };
        var server = await ServerProcess.StartAsync(start, [port], mount, context, cancellationToken).ConfigureAwait(false);
        await server.WaitUntilReadyAsync(token => ServerProcess.AcceptsAsync(port, token), StartLimit, context, cancellationToken).ConfigureAwait(false);
        return new RealisedServer(server, Name, $"{Path.GetFileName(program)} {version} ({program})", version);
    }

    /// <summary>
    /// A volume is also kept as an append-only file: nothing that was acknowledged more than a second ago is lost, even in a hard kill.
    /// <c>set-proc-title no</c> leaves the process's environment readable, by which the engine knows its own.
    /// </summary>
    private static string Configuration(ServerRequest request, DataMount mount, int port)
    {
        var save = request.RedisSave is { } rule ? string.Create(CultureInfo.InvariantCulture, $"{rule.Seconds} {rule.Keys}") : "\"\"";
        var text = new StringBuilder()
            .AppendLine("bind 127.0.0.1")
            .AppendLine(CultureInfo.InvariantCulture, $"port {port}")
            .AppendLine("daemonize no")
            .AppendLine("set-proc-title no")
            .AppendLine(CultureInfo.InvariantCulture, $"dir {Quote(mount.Folder)}")
            .AppendLine(CultureInfo.InvariantCulture, $"save {save}")
            .AppendLine(CultureInfo.InvariantCulture, $"appendonly {(mount.IsTemporary ? "no" : "yes")}");
        if (request.Password.Length > 0)
            text.AppendLine(CultureInfo.InvariantCulture, $"requirepass {Quote(request.Password)}");
        return text.ToString();
    }

    private static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var octet in Encoding.UTF8.GetBytes(value))
        {
            if (octet is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\')
                quoted.Append((char)octet);
            else
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{octet:x2}");
        }

        return quoted.Append('"').ToString();
    }

    private async Task<string> ReadVersionAsync(string program, CancellationToken cancellationToken)
    {
        var request = new ProcessRequest { Name = program, FileName = program, Arguments = ["--version"], WorkingDirectory = context.Root.Folder, OnOutput = _ => { } };
        var result = await context.Launcher.RunToolAsync(request, VersionLimit, context.Clock, cancellationToken).ConfigureAwait(false);
        return VersionPattern().Match(result.Text) is { Success: true } match ? match.Groups[1].Value : "unknown";
    }

    [GeneratedRegex(@"\bv=(\S+)")]
    private static partial Regex VersionPattern();
}
