using System.Globalization;
using Microsoft.Extensions.Logging;
using SimulationManager.Hosting.Minio;
using SimulationManager.LocalS3;

namespace SimulationManager.Hosting.LocalServers;

/// <summary><c>minio</c> on PATH, else the small S3 server that comes with this library.</summary>
internal sealed partial class S3Program(MinioResource minio) : IServerProgram
{
    public string Advice => "minio";

    public async Task<ServerCommand> PrepareAsync(ServerStart start, CancellationToken cancellationToken)
    {
        var (api, console) = (start.Port(MinioResource.PrimaryEndpointName), start.Port(MinioResource.ConsoleEndpointName));
        var isNative = Programs.TryFind("minio", out var program) && start.MayBeNative;
        if (!isNative && !start.MayBePackage) throw new ServerNotInstalledException("minio is not on PATH.");

        // The two store objects differently, so each has a folder of its own in the volume.
        var volume = start.Data(MinioBuilderExtensions.DataFolder);
        var (data, other) = isNative ? (volume.In("minio"), volume.In("objects")) : (volume.In("objects"), volume.In("minio"));
        if (data.IsEmpty && !other.IsEmpty) LogOtherStore(start.Log, other.Path);
        DataFolders.Create(data.Path);
        var assembly = typeof(S3ServerOptions).Assembly;
        var version = assembly.GetName().Version!.ToString(3);
        return new ServerCommand
        {
            Program = isNative ? program! : Programs.Dotnet,
            Arguments = isNative
                ? ["server", data.Path, "--address", Address(api), "--console-address", Address(console)]
                : [assembly.Location, "--data", data.Path, "--port", Text(api), "--console", Text(console)],
            WorkingDirectory = data.Path,
            Environment = new Dictionary<string, string>
            {
                [S3ServerOptions.UserVariable] = await ValueAsync(minio.RootUser, cancellationToken).ConfigureAwait(false),
                [S3ServerOptions.PasswordVariable] = await ValueAsync(minio.RootPassword, cancellationToken).ConfigureAwait(false),
            },
            Description = isNative ? $"minio ({program})" : $"built-in S3 server {version}",
        };
    }

    public Task<bool> IsReadyAsync(ServerStart start, CancellationToken cancellationToken) =>
        LoopbackPorts.AcceptsAsync(start.Port(MinioResource.PrimaryEndpointName), cancellationToken);

    private static async Task<string> ValueAsync(ParameterResource parameter, CancellationToken cancellationToken) =>
        await parameter.GetValueAsync(cancellationToken).ConfigureAwait(false) ?? throw new LocalServerException($"The parameter '{parameter.Name}' has no value.");

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Address(int port) => $"127.0.0.1:{Text(port)}";

    [LoggerMessage(121, LogLevel.Warning, "The store starts empty: the objects in {Folder} were stored by another kind of S3 server")]
    private static partial void LogOtherStore(ILogger logger, string folder);
}
