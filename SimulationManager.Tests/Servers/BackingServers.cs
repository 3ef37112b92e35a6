using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace SimulationManager.Tests.Servers;

/// <summary>
/// PostgreSQL, Redis and an S3 server of a test's own, on free ports, run as processes the way the AppHost does without containers.
/// Each can be stopped and started again; PostgreSQL and S3 keep their data over that, Redis comes back empty.
/// </summary>
public sealed class BackingServers : IAsyncDisposable
{
    private const string Postgres = "postgres";
    private const string Database = "robotdb";
    private const string Redis = "redis";
    private const string Storage = "minio";
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(10);

    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, string?> _connectionStrings = [];
    private DistributedApplication? _app;

    /// <summary>A folder of this test's own.</summary>
    public string Folder => _folder.Path;

    /// <summary>Settings that an API or a worker needs to use these servers.</summary>
    public Dictionary<string, string?> Settings(string clusterId) => new(_connectionStrings)
    {
        ["Orleans:ClusterId"] = clusterId,
        ["Orleans:ServiceId"] = "simulation-manager",
        ["Orleans:EnableDistributedTracing"] = "true",
        ["Orleans:Clustering:ProviderType"] = "Redis",
        ["Orleans:Clustering:ServiceKey"] = Redis,
        ["Replay:CacheFolder"] = Path.Combine(Folder, "bundles"),
    };

    public async Task InitializeAsync()
    {
        using var limit = new CancellationTokenSource(StartLimit);
        var builder = LocalApplication.CreateBuilder($"--LocalServers:DataRoot={Folder}");
        builder.AddPostgres(Postgres).WithDataVolume().AddDatabase(Database);
        builder.AddRedis(Redis);
        builder.AddMinio(Storage).WithDataVolume();
        _app = builder.Build();
        await _app.StartAsync(limit.Token);
        foreach (var name in (string[])[Database, Redis, Storage])
        {
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(name, limit.Token);
            _connectionStrings[$"ConnectionStrings:{name}"] = await _app.GetConnectionStringAsync(name, limit.Token);
        }
    }

    public Task StopPostgresAsync() => ExecuteAsync(Postgres, KnownResourceCommands.StopCommand);

    public Task StopRedisAsync() => ExecuteAsync(Redis, KnownResourceCommands.StopCommand);

    public Task StopStorageAsync() => ExecuteAsync(Storage, KnownResourceCommands.StopCommand);

    public Task StartPostgresAsync() => StartAsync(Postgres, Database);

    public Task StartRedisAsync() => StartAsync(Redis, Redis);

    public Task StartStorageAsync() => StartAsync(Storage, Storage);

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAsync(string server, string resource)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        await ExecuteAsync(server, KnownResourceCommands.StartCommand);
        await _app!.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable, limit.Token);
    }

    private async Task ExecuteAsync(string resource, string command)
    {
        var result = await _app!.ResourceCommands.ExecuteCommandAsync(resource, command);
        if (!result.Success) throw new InvalidOperationException($"'{command}' failed for {resource}: {result.Message}");
    }
}
