using System.Globalization;

namespace Aspire.Hosting.LocalRuntime;

/// <summary><c>minio</c> on PATH.</summary>
internal sealed class NativeMinio(RealisationContext context) : IServerSource
{
    /// <summary>Where the MinIO image keeps its data.</summary>
    public const string ImageDataFolder = "/data";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public string Name => "native";

    public async Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        if (!Executables.TryFind("minio", out var program))
            throw new SourceUnavailableException("minio is not on PATH.");
        var data = S3Data.Of(request, context.Root, "minio");
        var (api, console) = S3Ports.Of(request);
        string[] consoleArguments = console is { } port ? ["--console-address", S3Ports.Address(port)] : [];
        var start = new ProcessRequest
        {
            Name = request.ResourceName,
            FileName = program,
            Arguments = ["server", data.Folder, "--address", S3Ports.Address(api), .. consoleArguments],
            WorkingDirectory = data.Folder,
            Environment = S3Credentials.Of(request),
            OnOutput = request.OnOutput,
        };
        var server = await ServerProcess.StartAsync(start, [api], data, context, cancellationToken).ConfigureAwait(false);
        await server.WaitUntilReadyAsync(token => ServerProcess.AcceptsAsync(api, token), StartLimit, context, cancellationToken).ConfigureAwait(false);
        return new RealisedServer(server, Name, $"minio ({program})", "unknown");
    }
}

/// <summary>The small S3 server that comes with the engine, run as a child.</summary>
internal sealed class BuiltInS3(RealisationContext context) : IServerSource
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public string Name => "package";

    public async Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        var program = typeof(Aspire.Hosting.LocalS3.S3ServerOptions).Assembly;
        var data = S3Data.Of(request, context.Root, "objects");
        var (api, console) = S3Ports.Of(request);
        string[] consoleArguments = console is { } port ? ["--console", port.ToString(CultureInfo.InvariantCulture)] : [];
        var start = new ProcessRequest
        {
            Name = request.ResourceName,
            FileName = Executables.Dotnet,
            Arguments = [program.Location, "--data", data.Folder, "--port", api.ToString(CultureInfo.InvariantCulture), .. consoleArguments],
            WorkingDirectory = data.Folder,
            Environment = S3Credentials.Of(request),
            OnOutput = request.OnOutput,
        };
        var server = await ServerProcess.StartAsync(start, [api], data, context, cancellationToken).ConfigureAwait(false);
        await server.WaitUntilReadyAsync(token => ServerProcess.AcceptsAsync(api, token), StartLimit, context, cancellationToken).ConfigureAwait(false);
        var version = program.GetName().Version?.ToString(3) ?? "unknown";
        return new RealisedServer(server, Name, $"built-in S3 server {version}", version);
    }
}

internal static class S3Credentials
{
    private const string UserName = "MINIO_ROOT_USER";
    private const string UserPassword = "MINIO_ROOT_PASSWORD";

    public static Dictionary<string, string?> Of(ServerRequest request)
    {
        var environment = request.Environment.ToDictionary(entry => entry.Key, entry => (string?)entry.Value);
        environment.TryAdd(UserName, request.UserName);
        environment.TryAdd(UserPassword, request.Password);
        return environment;
    }
}

internal static class S3Ports
{
    private const int ConsoleContainerPort = 9001;

    public static (int Api, int? Console) Of(ServerRequest request)
    {
        var console = request.Ports.FirstOrDefault(port => port.EndpointName == "console" || port.ContainerPort == ConsoleContainerPort);
        return (request.Ports.First(port => port != console).HostPort, console?.HostPort);
    }

    public static string Address(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}

/// <summary>MinIO and the built-in server store objects differently, so each has a folder of its own in the volume.</summary>
internal static class S3Data
{
    private static readonly string[] Formats = ["minio", "objects"];

    public static DataMount Of(ServerRequest request, DataRoot root, string format)
    {
        var mount = DataMount.Of(request, root, NativeMinio.ImageDataFolder);
        mount.Create(owner: null);
        if (mount.IsTemporary)
            return mount;

        var own = mount with { Folder = Path.Combine(mount.Folder, format) };
        var others = Formats.Where(name => name != format).Select(name => mount with { Folder = Path.Combine(mount.Folder, name) });
        if (own.IsEmpty && others.FirstOrDefault(other => !other.IsEmpty) is { } left)
            request.OnProgress($"'{request.ResourceName}' starts empty: the objects in {left.Folder} were stored by another kind of S3 server");
        own.Create(owner: null);
        return own;
    }
}
