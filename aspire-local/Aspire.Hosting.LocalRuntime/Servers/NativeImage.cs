using System.Globalization;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>Programs of this machine that do what a known image does.</summary>
internal sealed class NativeImage(RealisationContext context) : IServerSource
{
    private const string Prometheus = "prom/prometheus";
    private const string PrometheusFolder = "/etc/prometheus";
    private const string HostName = "host.docker.internal";

    /// <summary>Options that say where things are in the image; here they are elsewhere.</summary>
    private static readonly string[] PlaceOptions = ["--config.file", "--storage.tsdb.path", "--web.listen-address"];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public string Name => "native";

    public async Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        if (!IsImage(request.Image, Prometheus))
            throw new SourceUnavailableException($"nothing but a container can run '{request.Image}'.");
        if (!Executables.TryFind("prometheus", out var program))
            throw new SourceUnavailableException("prometheus is not on PATH.");

        var data = DataMount.Of(request with { Mounts = [.. request.Mounts.Where(mount => !IsConfiguration(mount))] }, context.Root, "/prometheus");
        data.Create(owner: null);
        var port = request.Ports[0].HostPort;
        var start = new ProcessRequest
        {
            Name = request.ResourceName,
            FileName = program,
            Arguments =
            [
                $"--config.file={WriteConfiguration(request)}",
                $"--storage.tsdb.path={data.Folder}",
                string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"),
                .. request.Arguments.Where(argument => !PlaceOptions.Contains(argument.Split('=')[0])),
            ],
            WorkingDirectory = data.Folder,
            Environment = request.Environment.ToDictionary(pair => pair.Key, pair => (string?)pair.Value),
            OnOutput = request.OnOutput,
        };
        var server = await ServerProcess.StartAsync(start, [port], data, context, cancellationToken).ConfigureAwait(false);
        await server.WaitUntilReadyAsync(token => ServerProcess.AcceptsAsync(port, token), StartLimit, context, cancellationToken).ConfigureAwait(false);
        return new RealisedServer(server, Name, $"prometheus ({program})", "unknown");
    }

    /// <summary>The program, with where to get it, that stands in for an image; null if none does.</summary>
    public static string? ProgramFor(string image) =>
        IsImage(image, Prometheus) ? "prometheus (Debian and Ubuntu: 'apt install prometheus'; others: https://prometheus.io/download) so that it is on PATH" : null;

    private static bool IsConfiguration(ServerMount mount) => mount.Target.StartsWith(PrometheusFolder, StringComparison.Ordinal);

    /// <summary>A copy in which the name that containers have for this machine is its loopback address.</summary>
    private string WriteConfiguration(ServerRequest request)
    {
        var mount = request.Mounts.FirstOrDefault(IsConfiguration);
        var source = mount is null ? null : File.Exists(mount.Source) ? mount.Source : Path.Combine(mount.Source, "prometheus.yml");
        if (source is not null && !File.Exists(source))
            throw new ServerFailedException($"its configuration '{source}' does not exist.", "Make that file, or change the bind mount.");
        var text = source is null ? "global: {}\n" : File.ReadAllText(source).Replace(HostName, "127.0.0.1", StringComparison.Ordinal);
        var path = $"{context.Root.TemporaryFolder(request.ResourceName)}.yml";
        DataRoot.WritePrivateFile(path, text, owner: null);
        return path;
    }

    private static bool IsImage(string image, string repository)
    {
        var colon = image.LastIndexOf(':');
        var bare = colon > image.LastIndexOf('/') ? image[..colon] : image;
        return bare == repository || bare.EndsWith($"/{repository}", StringComparison.Ordinal);
    }
}
