using System.Net;
using Microsoft.Extensions.Configuration;
using Minio;
using Npgsql;
using SimulationManager.Core.Storage;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Servers;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.EndToEnd;

/// <summary>The AppHost as a process: its settings, what it leaves behind, what the next one finds.</summary>
[Trait("Length", "Long")]
[Collection(nameof(AppHostCollection))]
public sealed class AppHostSurvivalTests : IDisposable
{
    private const string Email = "kept@tests.example";
    private const string PostgresPassword = "pg-Passw0rd";
    private const string MinioPassword = "s3-Passw0rd";

    private readonly TestFolder _data = new();
    private readonly TestFolder _tools = new();
    private readonly int _postgres = FreePorts.Draw();
    private readonly int _minio = FreePorts.Draw();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _data.Dispose();
        _tools.Dispose();
    }

    [Fact]
    [Contract("settings/demo")]
    public async Task Settings_count_and_neither_an_interrupt_nor_a_kill_leaves_a_process_or_loses_data()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "what runs is read from /proc");
        await using (var first = await StartAsync())
        {
            await AssertSettingsAsync(first);
            using var user = new ApiClient(first.Api);
            await user.SignedInAsync(Email, "general");

            await first.EndAsync("INT");

            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_data.Path, "runs")));
        }

        await using (var second = await StartAsync())
        {
            using var user = new ApiClient(second.Api);
            await user.SignInAsync(Email);

            await second.EndAsync("KILL");
        }

        await using var third = await StartAsync();
        using var again = new ApiClient(third.Api);
        await again.SignInAsync(Email);
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(_data.Path, "runs")));
    }

    private Task<AppHostProcess> StartAsync() => AppHostProcess.StartAsync(
        _data,
        new Dictionary<string, string> { ["PATH"] = $"{WithoutUsableRuntime()}:{Environment.GetEnvironmentVariable("PATH")}" },
        "--Replicas:worker=2",
        "--Demo:Enabled=false",
        $"--Ports:postgres={_postgres}",
        $"--Ports:minio={_minio}",
        "--Parameters:user=somebody",
        $"--Parameters:postgres-password={PostgresPassword}",
        $"--Parameters:minio-rootPassword={MinioPassword}",
        "--Parameters:redis-password=redis-Passw0rd");

    /// <summary>A machine as many are: docker's client without its engine, and podman, which looks healthy and reaches no registry.</summary>
    private string WithoutUsableRuntime()
    {
        Write("docker", "exit 1");
        Write("podman", """case $1 in info) echo 5.0;; pull) echo "the registry does not answer" >&2; exit 125;; *) exit 125;; esac""");
        return _tools.Path;
    }

    private void Write(string tool, string script)
    {
        var path = Path.Combine(_tools.Path, tool);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task AssertSettingsAsync(AppHostProcess appHost)
    {
        Assert.Contains("'postgres' runs as a process. podman works, but docker.io/library/postgres:", appHost.Output, StringComparison.Ordinal);
        Assert.Contains("could not be pulled (the registry does not answer)", appHost.Output, StringComparison.Ordinal);
        Assert.Equal(2, appHost.Processes.Count(process => process.EndsWith("/SimulationManager.Worker", StringComparison.Ordinal)));

        // With the demo there would be an admin already, and nobody else could become one.
        using var admin = new ApiClient(appHost.Api);
        await admin.SignedInAsync("admin@tests.example", "admin");
        Assert.Empty((await admin.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray());

        var database = new NpgsqlConnectionStringBuilder { Host = "localhost", Port = _postgres, Username = "postgres", Password = PostgresPassword, Database = "robotdb", Pooling = false };
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("SELECT count(*) FROM users");
        Assert.Equal(1L, await command.ExecuteScalarAsync(Cancellation));

        var settings = new ConfigurationManager { ["ConnectionStrings:minio"] = $"Endpoint=http://localhost:{_minio};AccessKey=somebody;SecretKey={MinioPassword}" };
        using var store = S3Connection.Read(settings, "minio").CreateClient();
        Assert.Equal("rosbag-data", Assert.Single((await store.ListBucketsAsync(Cancellation)).Buckets).Name);
    }
}
