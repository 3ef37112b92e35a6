using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;
using StackExchange.Redis;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>Real servers under the orchestrator.</summary>
public sealed class BackingServerTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<DistributedApplication> _apps = [];
    private readonly string _dataRoot = Directory.CreateTempSubdirectory("simulationmanager-servers-").FullName;

    public BackingServerTests()
    {
        _limit.CancelAfter(Limit);
        // When root runs the tests, the servers run as somebody else, who has to get in.
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
            File.SetUnixFileMode(_dataRoot, File.GetUnixFileMode(_dataRoot) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    private CancellationToken Cancellation => _limit.Token;

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
        _limit.Dispose();
        Directory.Delete(_dataRoot, recursive: true);
    }

    [Fact]
    public async Task Database_is_created_when_it_is_missing_and_found_again_with_its_data_after_a_restart_of_the_AppHost()
    {
        const string Name = "Robot \"DB\"";
        string[] settings = [$"--Aspire:Local:DataRoot={_dataRoot}", "--Parameters:pg-password=kept"];
        var first = await StartAsync(settings, builder => builder.AddPostgres("pg").WithDataVolume().AddDatabase("db", Name));
        await first.ResourceNotifications.WaitForResourceHealthyAsync("db", Cancellation);
        await ExecuteAsync(first, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)");
        await first.StopAsync(Cancellation);

        var second = await StartAsync(settings, builder => builder.AddPostgres("pg").WithDataVolume().AddDatabase("db", Name));
        await second.ResourceNotifications.WaitForResourceHealthyAsync("db", Cancellation);

        Assert.Equal(42, await ExecuteAsync(second, "SELECT n FROM kept"));
        Assert.Equal(Name, await ExecuteAsync(second, "SELECT current_database()"));
    }

    [Fact]
    public async Task Database_comes_back_when_its_server_is_restarted()
    {
        var app = await StartAsync([], builder => builder.AddPostgres("pg").AddDatabase("db"));
        await app.ResourceNotifications.WaitForResourceHealthyAsync("db", Cancellation);

        await app.ResourceCommands.ExecuteCommandAsync("pg", KnownResourceCommands.StopCommand, Cancellation);
        await app.ResourceNotifications.WaitForResourceAsync("db", change => change.Snapshot.State?.Text != KnownResourceStates.Running, Cancellation);
        await app.ResourceCommands.ExecuteCommandAsync("pg", KnownResourceCommands.StartCommand, Cancellation);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("db", WaitBehavior.WaitOnResourceUnavailable, Cancellation);

        Assert.Equal(1, await ExecuteAsync(app, "SELECT 1"));
    }

    [Fact]
    public async Task Redis_keeps_its_password_and_is_told_what_realises_it()
    {
        var app = await StartAsync(["--Parameters:redis-password=s3cret"], builder => builder.AddRedis("redis").WithPersistence());
        var healthy = await app.ResourceNotifications.WaitForResourceHealthyAsync("redis", Cancellation);

        var address = await app.GetConnectionStringAsync("redis", Cancellation);
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{address},connectTimeout=60000,asyncTimeout=60000");

        Assert.EndsWith(",password=s3cret", address, StringComparison.Ordinal);
        Assert.True(await redis.GetDatabase().StringSetAsync("key", "value"));
        Assert.False(string.IsNullOrEmpty(healthy.Snapshot.Source));
    }

    [Fact]
    public async Task Two_tests_of_one_AppHost_run_side_by_side()
    {
        var apps = await Task.WhenAll(
            StartAsync([], builder => builder.AddRedis("redis")),
            StartAsync([], builder => builder.AddRedis("redis")));

        foreach (var app in apps)
            await app.ResourceNotifications.WaitForResourceHealthyAsync("redis", Cancellation);

        Assert.NotEqual(apps[0].GetEndpoint("redis").Port, apps[1].GetEndpoint("redis").Port);
    }

    [Fact]
    public async Task What_nothing_here_can_run_is_not_available_if_nobody_needs_it_and_has_failed_if_somebody_does()
    {
        var app = await StartAsync(["--Aspire:Local:Source=native"], builder =>
        {
            builder.AddContainer("extra", "docker.io/prom/prometheus-that-nobody-has");
            var needed = builder.AddContainer("needed", "example.org/thing");
            builder.AddExecutable("user", "true", ".").WaitFor(needed);
        });

        var extra = await app.ResourceNotifications.WaitForResourceAsync("extra", HasEnded, Cancellation);
        var needed = await app.ResourceNotifications.WaitForResourceAsync("needed", HasEnded, Cancellation);

        Assert.Equal(LocalResourceStates.NotAvailable, extra.Snapshot.State?.Text);
        Assert.Null(extra.Snapshot.State?.Style);
        Assert.Contains("Install", extra.Snapshot.Reason, StringComparison.Ordinal);
        Assert.Equal(KnownResourceStates.FailedToStart, needed.Snapshot.State?.Text);
        Assert.Contains("'needed'", needed.Snapshot.Reason, StringComparison.Ordinal);
    }

    private static bool HasEnded(ResourceEvent change) => ResourceNotificationService.HasEnded(change.Snapshot);

    private async Task<DistributedApplication> StartAsync(string[] args, Action<IDistributedApplicationBuilder> describe)
    {
        var builder = DistributedApplicationTestingBuilder.Create(args);
        describe(builder);
        var app = await builder.BuildAsync(Cancellation);
        lock (_apps)
            _apps.Add(app);
        await app.StartAsync(Cancellation);
        return app;
    }

    private async Task<object?> ExecuteAsync(DistributedApplication app, string sql)
    {
        var settings = new NpgsqlConnectionStringBuilder((await app.GetConnectionStringAsync("db", Cancellation))!) { Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
