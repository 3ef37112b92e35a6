using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// The manifests' pods as plain processes on this machine: real PostgreSQL, Redis and S3 in namespaces of their own under their service names, and Api and
/// Worker with exactly the environment, arguments and user that the manifests give.
/// </summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(180);

    private readonly ClusterObjects _objects;
    private readonly PodNetwork _network;
    private readonly string _folder = Directory.CreateTempSubdirectory("local-cluster-").FullName;
    private readonly Dictionary<(string, string), string> _secrets;
    private readonly List<ServerProcess> _servers = [];
    private readonly Dictionary<string, ServerProcess> _stores = [];
    private readonly Dictionary<string, string> _services;

    private readonly string? _images;
    private readonly List<string> _containers = [];

    private LocalCluster(ClusterObjects objects, PodNetwork network, string? images)
    {
        _images = images;
        _objects = objects;
        _network = network;
        _secrets = objects.SecretKeys.ToDictionary(key => key, key => $"Se-cret.{key.Key.Length}~{key.Secret.Length}");
        foreach (var key in objects.SecretKeys.Where(key => key.Key.EndsWith("-uri-encoded", StringComparison.Ordinal)))
            _secrets[key] = Uri.EscapeDataString(_secrets[(key.Secret, key.Key[..^"-uri-encoded".Length])]);
        _services = new() { ["postgres"] = network.AddressOf(10), ["redis"] = network.AddressOf(11), ["minio"] = network.AddressOf(12) };
    }

    public string ApiAddress => _network.AddressOf(20);

    public string WorkerAddress => _network.AddressOf(21);

    public string PostgresPassword => _secrets[("postgres-credentials", "postgres-password")];

    public (string User, string Password) MinioCredentials => (_secrets[("minio-credentials", "user")], _secrets[("minio-credentials", "minio-rootPassword")]);

    /// <summary>The network that a pod's processes are in.</summary>
    public string NamespaceOf(string pod) => _network.NamespaceOf(pod);

    public string Address(string service) => _services[service];

    public string DatabaseConnection => $"Host={Address("postgres")};Username=postgres;Password={PostgresPassword};Database=robotdb";

    public string RedisConnection => $"{Address("redis")},password={RedisPassword}";

    private string RedisPassword => _secrets[("redis-credentials", "redis-password")];

    /// <summary>Networks and all stores, with nothing in them.</summary>
    /// <param name="images">Where the images are that Api and Worker run from; null for this build's own files.</param>
    public static Task<LocalCluster> StartStoresAsync(string? images = null) => StartAsync(images, "postgres", "redis", "minio");

    /// <summary>Networks and one store.</summary>
    public static Task<LocalCluster> StartStoreAloneAsync(string store) => StartAsync(null, store);

    private static async Task<LocalCluster> StartAsync(string? images, params string[] stores)
    {
        if (!PodBridge.IsPossible)
        {
            if (System.Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("Network namespaces need root, iproute2 and setpriv.");
            Assert.Skip("Network namespaces need root, iproute2 and setpriv.");
        }

        var cluster = new LocalCluster(await Kustomize.BuildAsync(""), new PodNetwork(), images);
        try
        {
            // PostgreSQL and Redis run as other users, who must get to their folders.
            await RunAsync("chmod", "755", cluster._folder);
            foreach (var store in stores) await cluster.CreateStoreAsync(store);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the migration job to its end.</summary>
    public async Task<Finished> MigrateAsync()
    {
        var address = await _network.AddAsync("migration", 19, _services);
        var (file, arguments) = CommandOf("migration", "Api", address);
        return await ChildProcess.RunAsync(file, arguments);
    }

    public Task<ServerProcess> StartApiAsync() => StartProjectAsync("api", 20, "Api");

    public Task<ServerProcess> StartWorkerAsync() => StartProjectAsync("worker", 21, "Worker");

    /// <summary>Starts a store, with what it kept.</summary>
    public async Task StartStoreAsync(string name)
    {
        var (port, command) = StoreCommand(name);
        var server = ServerProcess.Start("ip", ["netns", "exec", _network.NamespaceOf(name), .. command]);
        _servers.Add(server);
        _stores[name] = server;
        await Wait.UntilAsync(() => AnswersAsync(_services[name], port), _startLimit, $"{name}: {server.Output}");
        await Wait.UntilAsync(() => IsReadyAsync(name), TimeSpan.FromMinutes(1), $"{name} to be ready: {server.Output}");
    }

    /// <summary>A server whose port answers may still be reading what it kept.</summary>
    private async Task<bool> IsReadyAsync(string name) => name switch
    {
        "postgres" => (await ChildProcess.RunAsync("runuser", "-u", "postgres", "--", Postgres("pg_isready"), "-h", DataOf(name))).ExitCode == 0,
        "redis" => (await ChildProcess.RunAsync("redis-cli", ["-h", Address(name), "ping"], new Dictionary<string, string> { ["REDISCLI_AUTH"] = RedisPassword })).Output.Trim() == "PONG",
        _ => true,
    };

    /// <summary>Sends a store's first process a signal and waits until it has ended, no longer than its pod may take.</summary>
    public Task StopStoreAsync(string name, string signal) =>
        _stores[name].SignalAsync(signal, TimeSpan.FromSeconds(Command(name).Spec.TerminationGracePeriodSeconds!.Value));

    /// <summary>Name of the program that a store's first process runs.</summary>
    public string FirstProcessOf(string store) => File.ReadAllText($"/proc/{_stores[store].Id}/comm").Trim();

    public string Output(string store) => _stores[store].Output;

    public PodCommand Command(string name) =>
        new(_objects, _objects.Workloads.Single(pods => pods.Labels["app.kubernetes.io/name"] == name), _secrets);

    public async ValueTask DisposeAsync()
    {
        foreach (var container in _containers) await ChildProcess.RunAsync("podman", "rm", "--force", "--ignore", container);
        foreach (var server in Enumerable.Reverse(_servers)) await server.DisposeAsync();
        await _network.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<ServerProcess> StartProjectAsync(string name, int number, string project)
    {
        var address = await _network.AddAsync(name, number, _services);
        var (file, arguments) = CommandOf(name, project, address);
        var server = ServerProcess.Start(file, arguments);
        _servers.Add(server);
        return server;
    }

    private (string File, string[] Arguments) CommandOf(string pod, string project, string address)
    {
        var command = Command(pod);
        var space = _network.NamespaceOf(pod);
        if (_images is null) return ("ip", command.ToArguments(space, address, Repository.OutputOf(project), "dotnet", $"SimulationManager.{project}.dll"));
        _containers.Add(space);
        return ("podman", command.ToPodmanArguments(space, address, $"{_images}/simulationmanager-{project.ToLowerInvariant()}:test", _services));
    }

    private async Task CreateStoreAsync(string name)
    {
        await _network.AddAsync(name, name switch { "postgres" => 10, "redis" => 11, _ => 12 }, _services);
        var data = DataOf(name);
        await RunAsync("install", "-d", "-o", name == "postgres" ? name : $"{Command(name).Spec.SecurityContext.RunAsUser}", data);
        if (name != "postgres")
        {
            await StartStoreAsync(name);
            return;
        }

        var passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, PostgresPassword);
        await RunAsync("runuser", "-u", "postgres", "--", Postgres("initdb"), "-D", data, "-U", "postgres", $"--pwfile={passwordFile}", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync");
        await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), "host all all all scram-sha-256\n");
        await StartStoreAsync(name);
        // What the image does for POSTGRES_DB.
        await RunAsync("runuser", "-u", "postgres", "--", Postgres("createdb"), "-h", data, Command("postgres").Environment("")["POSTGRES_DB"]);
    }

    private string DataOf(string store) => Path.Combine(_folder, store);

    /// <summary>Redis has its own command, arguments and user, from the manifest. PostgreSQL's and MinIO's images are not here: a server of the machine and ours stand for them.</summary>
    private (int Port, string[] Command) StoreCommand(string name) => name switch
    {
        "postgres" => (5432,
        [
            "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", Postgres("postgres"), "-D", DataOf(name), "-c", "listen_addresses=*", "-c", "fsync=off", "-c", $"unix_socket_directories={DataOf(name)}",
        ]),
        "redis" => (6379, Command(name).ToArguments("", "", DataOf(name), [.. Command(name).Container.Command])[3..]),
        _ => (9000,
        [
            "env", .. Command(name).Environment("").Select(variable => $"{variable.Key}={variable.Value}"),
            "dotnet", Path.Combine(AppContext.BaseDirectory, "SimulationManager.LocalS3.dll"), "--data", DataOf(name), "--port", "9000", "--address", "0.0.0.0",
        ]),
    };

    private static async Task<bool> AnswersAsync(string address, int port)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync(address, port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static string Postgres(string program) =>
        Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin", program)).First(File.Exists);

    private static async Task RunAsync(string command, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(command, arguments);
        if (result.ExitCode != 0) throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {result.Errors}");
    }
}
