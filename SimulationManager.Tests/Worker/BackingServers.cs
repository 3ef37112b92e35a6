using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace SimulationManager.Tests.Worker;

/// <summary>PostgreSQL, Redis and an S3 server of this test run's own, on free ports; each can be killed and started again.</summary>
public sealed class BackingServers : IAsyncLifetime
{
    private const string AccessKey = "tests";
    private const string SecretKey = "tests-secret-key";

    private readonly string _folder = Directory.CreateTempSubdirectory("simulation-manager-tests-").FullName;
    private ServerProcess? _postgres;
    private ServerProcess? _redis;
    private ServerProcess? _s3;

    public int PostgresPort { get; } = ServerProcess.FreePort();
    public int RedisPort { get; } = ServerProcess.FreePort();
    public int S3Port { get; } = ServerProcess.FreePort();
    public string Folder => _folder;

    public string Database => $"Host=127.0.0.1;Port={PostgresPort};Username=postgres;Database=postgres;Timeout=5;Command Timeout=10";

    /// <summary>Settings that a worker needs to use these servers.</summary>
    public Dictionary<string, string?> Settings(string clusterId) => new()
    {
        ["ConnectionStrings:robotdb"] = Database,
        ["ConnectionStrings:redis"] = $"127.0.0.1:{RedisPort}",
        ["ConnectionStrings:minio"] = $"Endpoint=http://127.0.0.1:{S3Port};AccessKey={AccessKey};SecretKey={SecretKey}",
        ["Orleans:ClusterId"] = clusterId,
        ["Replay:CacheFolder"] = Path.Combine(_folder, "bundles"),
    };

    public async ValueTask InitializeAsync()
    {
        await InitializePostgresAsync();
        await Task.WhenAll(StartPostgresAsync(), StartRedisAsync(), StartS3Async());
    }

    public async Task StartPostgresAsync()
    {
        var command = AsPostgres(
            Postgres("postgres"), "-D", PostgresData, "-p", $"{PostgresPort}", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
            "-c", $"unix_socket_directories={PostgresData}", "-c", "max_connections=200");
        _postgres = ServerProcess.Start(command[0], command[1..]);
        await _postgres.WaitForPortAsync(PostgresPort);
        await Wait.UntilAsync(() => _postgres.Output.Contains("ready to accept connections", StringComparison.Ordinal), TimeSpan.FromSeconds(20), "PostgreSQL");
    }

    public async Task StartRedisAsync()
    {
        _redis = ServerProcess.Start("redis-server", ["--port", $"{RedisPort}", "--bind", "127.0.0.1", "--save", "", "--dir", _folder]);
        await _redis.WaitForPortAsync(RedisPort);
    }

    public async Task StartS3Async()
    {
        _s3 = ServerProcess.Start(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "Aspire.Hosting.LocalS3.dll"), "--data", Path.Combine(_folder, "s3"), "--port", $"{S3Port}"],
            new Dictionary<string, string?> { ["MINIO_ROOT_USER"] = AccessKey, ["MINIO_ROOT_PASSWORD"] = SecretKey });
        await _s3.WaitForPortAsync(S3Port);
    }

    public Task KillPostgresAsync() => _postgres!.KillAsync();

    public Task KillRedisAsync() => _redis!.KillAsync();

    public Task KillS3Async() => _s3!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var server in new[] { _postgres, _redis, _s3 })
        {
            if (server is not null) await server.DisposeAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private string PostgresData => Path.Combine(_folder, "postgres");

    private async Task InitializePostgresAsync()
    {
        if (IsRoot)
        {
            // PostgreSQL refuses to run as root; the user postgres must be able to reach its folder.
            await RunAsync("chmod", ["711", _folder]);
            await RunAsync("install", ["-d", "-o", "postgres", PostgresData]);
        }
        var command = AsPostgres(Postgres("initdb"), "-D", PostgresData, "-A", "trust", "-U", "postgres", "--no-sync");
        await RunAsync(command[0], command[1..]);
    }

    private static bool IsRoot => Environment.UserName == "root";

    private static string[] AsPostgres(params string[] command) => IsRoot ? ["runuser", "-u", "postgres", "--", .. command] : command;

    private static string Postgres(string program) =>
        Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin", program)).First(File.Exists);

    private static async Task RunAsync(string file, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: {await error}");
    }
}
