using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SimulationManager.Tests.Hosting.Kubernetes;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Hosting.LocalServers;

/// <summary>A server that is a process is a resource like any other: to commands, to its children, and when its process dies.</summary>
public sealed class LifecycleTests(LifecycleTests.RunningServers servers) : IClassFixture<LifecycleTests.RunningServers>
{
    private ServerApplication Application => servers.Application;

    /// <summary>Fails when a new Aspire treats a custom resource, or the hidden executable behind it, in another way.</summary>
    [Theory]
    [InlineData("postgres", "database system is ready to accept connections")]
    [InlineData("redis", "Ready to accept connections")]
    [InlineData("minio", "Now listening on")]
    [InlineData("mqtt", "listen")]
    public async Task Server_is_shown_as_a_container_would_be_and_its_process_is_hidden(string name, string line)
    {
        var server = await Application.HealthyAsync(name);

        Assert.NotEmpty(server.HealthReports);
        Assert.All(server.HealthReports, report => Assert.Equal(HealthStatus.Healthy, report.Status));
        Assert.NotEmpty(server.Urls);
        Assert.All(server.Urls, url => Assert.False(url.IsInactive, $"{url.Url} is inactive."));
        Assert.False(server.IsHidden);
        Assert.Equal(ResourceCommandState.Enabled, StateOf(server, KnownResourceCommands.StopCommand));
        Assert.Equal(ResourceCommandState.Enabled, StateOf(server, KnownResourceCommands.RestartCommand));
        Assert.Equal(ResourceCommandState.Hidden, StateOf(server, KnownResourceCommands.StartCommand));
        Assert.False(string.IsNullOrEmpty((string?)server.Properties.Single(property => property.Name == CustomResourceKnownProperties.Source).Value));
        await Wait.UntilAsync(async () => (await Application.LogAsync(name)).Any(text => text.Contains(line, StringComparison.Ordinal)), TimeSpan.FromMinutes(1), $"'{line}' in the log of {name}");
        var process = await Application.InStateAsync($"{name}-process", KnownResourceStates.Running);
        Assert.True(process.IsHidden);
    }

    [Fact]
    public async Task Stopped_server_takes_its_database_along_and_both_come_back_with_the_data()
    {
        await Application.HealthyAsync("robotdb");
        await Application.SqlAsync("robotdb", "CREATE TABLE stopped (n int); INSERT INTO stopped VALUES (1)");

        await Application.ExecuteAsync("postgres", KnownResourceCommands.StopCommand);

        foreach (var name in (string[])["postgres", "robotdb"])
            Assert.NotNull((await Application.WhenAsync(name, HasEnded)).StopTimeStamp);
        var stopped = await Application.WhenAsync("postgres", HasEnded);
        Assert.Equal(ResourceCommandState.Enabled, StateOf(stopped, KnownResourceCommands.StartCommand));
        Assert.All(stopped.Urls, url => Assert.True(url.IsInactive));

        await Application.ExecuteAsync("postgres", KnownResourceCommands.StartCommand);
        await Application.HealthyAsync("robotdb");
        Assert.Equal(1, await Application.SqlAsync("robotdb", "SELECT n FROM stopped"));
    }

    [Fact]
    public async Task Restart_right_after_a_start_works()
    {
        await Application.HealthyAsync("robotdb");
        await Application.ExecuteAsync("postgres", KnownResourceCommands.StopCommand);

        await Task.WhenAll(
            Application.ExecuteAsync("postgres", KnownResourceCommands.StartCommand),
            Application.ExecuteAsync("postgres", KnownResourceCommands.RestartCommand));
        await Application.ExecuteAsync("postgres", KnownResourceCommands.RestartCommand);

        await Application.HealthyAsync("robotdb");
        Assert.Equal(1, await Application.SqlAsync("robotdb", "SELECT 1"));
    }

    [Fact]
    public async Task Killed_postgres_is_shown_as_ended_and_can_be_started_again()
    {
        await Application.HealthyAsync("robotdb");
        await Application.SqlAsync("robotdb", "CREATE TABLE killed (n int); INSERT INTO killed VALUES (2)");
        var pid = (await File.ReadAllLinesAsync(Path.Combine(servers.Folder, "volumes", "lifecycle-postgres", "postmaster.pid"), TestContext.Current.CancellationToken))[0];

        await KillAsync(pid);

        foreach (var name in (string[])["postgres", "robotdb"]) await Application.WhenAsync(name, HasEnded);
        await Application.ExecuteAsync("postgres", KnownResourceCommands.StartCommand);
        await Application.HealthyAsync("robotdb");
        Assert.Equal(2, await Application.SqlAsync("robotdb", "SELECT n FROM killed"));
    }

    [Fact]
    public async Task Killed_redis_is_shown_as_ended_and_can_be_started_again()
    {
        await Application.HealthyAsync("redis");
        string pid;
        await using (var redis = await Application.RedisAsync("redis"))
        {
            await redis.GetDatabase().StringSetAsync("killed", "here");
            pid = (await redis.GetServers()[0].InfoAsync("server")).Single().Single(line => line.Key == "process_id").Value;
        }

        await KillAsync(pid);

        await Application.WhenAsync("redis", HasEnded);
        await Application.ExecuteAsync("redis", KnownResourceCommands.StartCommand);
        await Application.HealthyAsync("redis");
        await using var again = await Application.RedisAsync("redis");
        Assert.Equal("here", await again.GetDatabase().StringGetAsync("killed"));
    }

    private static bool HasEnded(CustomResourceSnapshot snapshot) => KnownResourceStates.TerminalStates.Contains(snapshot.State?.Text);

    private static ResourceCommandState StateOf(CustomResourceSnapshot server, string command) => server.Commands.Single(each => each.Name == command).State;

    private static async Task KillAsync(string pid) =>
        Assert.Equal(0, (await ChildProcess.RunAsync("kill", "-KILL", int.Parse(pid, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture))).ExitCode);

    /// <summary>
    /// One application for all tests of the class, which leave every server running. It finds a trusted development certificate, with
    /// which Aspire would give Redis a second endpoint that its process does not have.
    /// </summary>
    public sealed class RunningServers : IAsyncLifetime
    {
        private readonly TestFolder _folder = new();
        private readonly TrustedCertificate _certificate = new();

        public string Folder => _folder.Path;

        internal ServerApplication Application { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Application = await ServerApplication.StartAsync(_folder, builder =>
        {
#pragma warning disable ASPIRECERTIFICATES001 // For evaluation only. There is no other way to say that a certificate is trusted.
            builder.Services.AddSingleton<IDeveloperCertificateService>(_certificate);
#pragma warning restore ASPIRECERTIFICATES001
            builder.AddPostgres("postgres").WithDataVolume("lifecycle-postgres").AddDatabase("robotdb");
            builder.AddRedis("redis").WithDataVolume("lifecycle-redis").WithPersistence();
            builder.AddMinio("minio").WithDataVolume("lifecycle-minio");
            builder.AddMqtt("mqtt");
        });

        public async ValueTask DisposeAsync()
        {
            await Application.DisposeAsync();
            _certificate.Dispose();
            _folder.Dispose();
        }
    }
}
