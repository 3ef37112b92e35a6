using System.Globalization;
using System.Text.RegularExpressions;
using SimulationManager.Hosting.Mqtt;
using SimulationManager.LocalMqtt;

namespace SimulationManager.Hosting.LocalServers;

/// <summary><c>mosquitto</c> on PATH or in /usr/sbin, else the small broker that comes with this library.</summary>
internal sealed partial class MqttProgram : IServerProgram
{
    private const string Name = "mosquitto";

    /// <summary>Where Debian has it, which is on root's PATH only.</summary>
    private const string SystemPath = $"/usr/sbin/{Name}";

    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(10);

    public string Advice => Name;

    public async Task<ServerCommand> PrepareAsync(ServerStart start, CancellationToken cancellationToken)
    {
        var data = start.Data().Path;
        DataFolders.Create(data);
        if (start.MayBeNative && Find() is { } program) return await NativeAsync(start, program, data, cancellationToken).ConfigureAwait(false);
        if (!start.MayBePackage) throw new ServerNotInstalledException($"{Name} is neither on PATH nor {SystemPath}.");
        var assembly = typeof(MqttBrokerOptions).Assembly;
        return new ServerCommand
        {
            Program = Programs.Dotnet,
            Arguments = [assembly.Location, "--port", start.Port().ToString(CultureInfo.InvariantCulture)],
            WorkingDirectory = data,
            Description = $"built-in MQTT broker {assembly.GetName().Version!.ToString(3)}",
        };
    }

    public Task<bool> IsReadyAsync(ServerStart start, CancellationToken cancellationToken) => LoopbackPorts.AcceptsAsync(start.Port(), cancellationToken);

    private static string? Find() => Programs.TryFind(Name, out var path) ? path : Programs.IsExecutable(SystemPath) ? SystemPath : null;

    private static async Task<ServerCommand> NativeAsync(ServerStart start, string program, string data, CancellationToken cancellationToken)
    {
        // "-h" is what tells the version, and ends with 1 in some.
        var said = await Programs.RunAsync(program, ["-h"], VersionLimit, cancellationToken).ConfigureAwait(false);
        var version = VersionPattern().Match(said.Output) is { Success: true } match ? match.Groups[1].Value : "unknown";
        return new ServerCommand
        {
            Program = program,
            WorkingDirectory = data,
            Description = $"{Name} {version} ({program})",
        }.WithInput(start, ["-c"], MosquittoConfiguration.Of(start.Port(), "127.0.0.1")).WithErrorsInOutput();
    }

    [GeneratedRegex(@"\bversion (\S+)")]
    private static partial Regex VersionPattern();
}
