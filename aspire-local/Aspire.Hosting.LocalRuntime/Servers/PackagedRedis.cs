using System.Text.Json.Nodes;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>Garnet from the NuGet feed, in place of Redis.</summary>
internal sealed class PackagedRedis(RealisationContext context) : IServerSource
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public string Name => "package";

    public async Task<RealisedServer> StartAsync(ServerRequest request, CancellationToken cancellationToken)
    {
        var program = await new GarnetPackage(context).GetAsync(line => request.OnProgress($"'{request.ResourceName}': {line}"), cancellationToken).ConfigureAwait(false);
        var mount = DataMount.Of(request, context.Root, NativeRedis.ImageDataFolder);
        var data = DataFolder(request, mount);
        data.Create(owner: null);
        var port = request.Ports[0].HostPort;

        // Garnet reads a password from its arguments or from a file only; the file is gone as soon as it was read.
        var configuration = context.Root.TemporaryFolder(request.ResourceName);
        DataRoot.WritePrivateFile(configuration, Configuration(request, data, port).ToJsonString(), owner: null);
        try
        {
            var start = new ProcessRequest
            {
                Name = request.ResourceName,
                FileName = Executables.Dotnet,
                Arguments = [program, "--config-import-path", configuration],
                WorkingDirectory = data.Folder,
                OnOutput = request.OnOutput,
            };
            var server = await ServerProcess.StartAsync(start, [port], data, context, cancellationToken).ConfigureAwait(false);
            await server.WaitUntilReadyAsync(token => ServerProcess.AcceptsAsync(port, token), StartLimit, context, cancellationToken).ConfigureAwait(false);
            return new RealisedServer(server, Name, $"garnet-server {GarnetPackage.Version} (.NET tool, in place of Redis)", GarnetPackage.Version);
        }
        finally
        {
            File.Delete(configuration);
        }
    }

    /// <summary>Garnet's files are not Redis's, so a volume holds both side by side.</summary>
    private static DataMount DataFolder(ServerRequest request, DataMount mount)
    {
        if (mount.IsTemporary)
            return mount;
        mount.Create(owner: null);
        var own = mount with { Folder = Path.Combine(mount.Folder, "garnet") };
        if (own.IsEmpty && Directory.EnumerateFileSystemEntries(mount.Folder).Any(entry => Path.GetFileName(entry) != "garnet"))
            request.OnProgress($"'{request.ResourceName}' starts empty: the data in {mount.Folder} was stored by Redis, which Garnet cannot read");
        return own;
    }

    private static JsonObject Configuration(ServerRequest request, DataMount data, int port)
    {
        var settings = new JsonObject
        {
            ["Port"] = port,
            ["Address"] = "127.0.0.1",
            ["EnableLua"] = true,
            ["LogMemorySize"] = "1g",
            ["IndexMemorySize"] = "16m",
            ["CheckpointDir"] = data.Folder,
            ["QuietMode"] = true,
        };
        if (request.Password.Length > 0)
        {
            settings["AuthenticationMode"] = "Password";
            settings["Password"] = request.Password;
        }

        if (!data.IsTemporary)
        {
            settings["EnableAOF"] = true;
            settings["CommitFrequencyMs"] = 50;
            settings["Recover"] = true;
            settings["AofMemorySize"] = "64m";
            settings["CheckpointFrequencySecs"] = 300;
        }

        return settings;
    }
}
