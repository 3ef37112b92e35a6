using Npgsql;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

[assembly: AssemblyFixture(typeof(ApiFixture))]

namespace SimulationManager.Tests.Api;

/// <summary>
/// Servers for the API's tests and one API, with a worker, that most of them share. They start when the first test asks.
/// </summary>
public sealed class ApiFixture : IAsyncDisposable
{
    /// <summary>What every Redis server has without being told.</summary>
    private const int RedisDatabases = 16;

    /// <summary>A Redis database for tests of what all systems of one database share: attempts per address.</summary>
    internal const int AttemptsDatabase = RedisDatabases - 1;

    /// <summary>The same for the workers' usage.</summary>
    internal const int UsageDatabase = RedisDatabases - 2;

    /// <summary>The same for events.</summary>
    internal const int EventsDatabase = RedisDatabases - 3;

    /// <summary>The shared system's Redis database is its own, too: it lives as long as all the others together.</summary>
    private const int SharedDatabase = 0;

    private static readonly TimeSpan WorkerLimit = TimeSpan.FromSeconds(60);

    private static int s_systems;

    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly BackingServers _servers = new();
    private bool _serversRun;
    private WorkerHost? _worker;
    private ApiHost? _api;
    private Dictionary<string, string?>? _settings;

    internal const string AdminEmail = "admin@tests.example";

    /// <summary>The shared API.</summary>
    internal async Task<ApiHost> ApiAsync()
    {
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_api is not null) return _api;
            await RunServersAsync();
            var settings = _settings = await NewSystemAsync(SharedDatabase);
            _worker = await WorkerHost.StartAsync(settings);
            var api = await ApiHost.StartAsync(settings);
            await api.WaitUntilPreparedAsync();
            // The first admin is there from now on.
            (await api.Client().SignedInAsync(AdminEmail, "admin")).Dispose();
            await WaitForWorkerAsync(api.Address, WorkerLimit);
            return _api = api;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>How the shared system's database is reached.</summary>
    internal async Task<string> DatabaseAsync()
    {
        await ApiAsync();
        return _settings!["ConnectionStrings:robotdb"]!;
    }

    /// <summary>Another API process of the shared system, connected to its worker.</summary>
    internal async Task<ApiHost> SecondApiAsync()
    {
        await ApiAsync();
        var api = await ApiHost.StartAsync(_settings!);
        await api.WaitUntilPreparedAsync();
        await WaitForWorkerAsync(api.Address, WorkerLimit);
        return api;
    }

    /// <summary>The worker behind the shared API.</summary>
    internal async Task<WorkerHost> WorkerAsync()
    {
        await ApiAsync();
        return _worker!;
    }

    /// <summary>A client of the shared API, signed in as its admin.</summary>
    internal async Task<ApiClient> AdminAsync() => await (await ApiAsync()).Client().SignInAsync(AdminEmail);

    /// <summary>A client of the shared API, signed in as a new user of no special rights.</summary>
    internal async Task<ApiClient> UserAsync() => await (await ApiAsync()).Client().SignedInAsync($"user-{Guid.NewGuid():N}@tests.example", "general");

    /// <summary>Settings of a system of its own on the shared servers: an empty database, and a part of Redis that later systems may share.</summary>
    internal async Task<Dictionary<string, string?>> NewSystemAsync(int? redisDatabase = null)
    {
        await RunServersAsync();
        var number = Interlocked.Increment(ref s_systems);
        var settings = _servers.Settings($"api-{number}");
        await using var source = NpgsqlDataSource.Create(settings["ConnectionStrings:robotdb"]!);
        await using (var create = source.CreateCommand($"CREATE DATABASE api_{number}"))
            await create.ExecuteNonQueryAsync();
        settings["ConnectionStrings:robotdb"] =
            new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:robotdb"]) { Database = $"api_{number}", MaxPoolSize = 10 }.ConnectionString;
        settings["ConnectionStrings:redis"] += $",defaultDatabase={redisDatabase ?? 1 + (number % (EventsDatabase - 1))}";
        settings["Storage:Bucket"] = $"bundles-{number}";
        settings["Auth:SignInsPerAddress"] = "100000";
        settings["Auth:FailedSignInsPerAccount"] = "100000";
        settings["Auth:RefreshesPerAddress"] = "100000";
        settings["Auth:PasswordHash:MemoryKibibytes"] = "8192";
        settings["Auth:PasswordHash:Iterations"] = "1";
        settings["Cors:Origins:0"] = "http://portal.example";
        settings["Usage:Interval"] = "00:00:00.5";
        // All tests share the processor: a slow answer of Redis is not one that is away.
        settings["Redis:Timeout"] = "00:00:20";
        settings["Uploads:SpoolFolder"] = Path.Combine(_servers.Folder, "spool");
        // All bundles, so that agents begin as those of large ones do.
        settings["Uploads:IndexFromBytes"] = "0";
        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        if (_api is not null) await _api.DisposeAsync();
        if (_worker is not null) await _worker.DisposeAsync();
        await _servers.DisposeAsync();
        _starting.Dispose();
    }

    /// <summary>Waits until an API is connected to a worker; it is healthy without one, too, but starts nothing.</summary>
    internal static async Task WaitForWorkerAsync(Uri api, TimeSpan within)
    {
        using var client = new ApiClient(api);
        await Wait.UntilAsync(
            async () => (await client.GetAsync("/health")).Text.Contains("\"worker\":{\"status\":\"Healthy\"", StringComparison.Ordinal),
            within, "the worker to be connected");
    }

    private readonly SemaphoreSlim _startingServers = new(1, 1);

    private async Task RunServersAsync()
    {
        await _startingServers.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_serversRun) return;
            await _servers.InitializeAsync();
            _serversRun = true;
        }
        finally
        {
            _startingServers.Release();
        }
    }
}
