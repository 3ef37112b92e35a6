using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace SimulationManager.Tests.Servers;

/// <summary>A running application of a test's own, and what a person or a client sees of it.</summary>
internal sealed class ServerApplication : IAsyncDisposable
{
    /// <summary>Under load a server's package alone takes minutes to be fetched and unpacked.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly DistributedApplication _app;
    private readonly Task _starting;

    private ServerApplication(DistributedApplication app)
    {
        _app = app;
        _limit.CancelAfter(Limit);
        _starting = _app.StartAsync(_limit.Token);
    }

    /// <summary>Starts an application whose data is in <paramref name="folder"/>.</summary>
    /// <exception cref="AggregateException">It did not start, and what there was of it could not be stopped: both reasons.</exception>
    public static async Task<ServerApplication> StartAsync(TestFolder folder, Action<IDistributedApplicationBuilder> describe, params string[] args)
    {
        var application = Begin(folder, describe, args);
        try
        {
            await application._starting;
            return application;
        }
        catch (Exception reason)
        {
            await application.StopAfterAsync(reason);
            throw;
        }
    }

    /// <summary>The same without a wait for its resources: an application has started when each of them has done what it waits for.</summary>
    public static ServerApplication Begin(TestFolder folder, Action<IDistributedApplicationBuilder> describe, params string[] args)
    {
        var builder = LocalApplication.CreateBuilder([$"--LocalServers:DataRoot={folder.Path}", .. args]);
        describe(builder);
        return new ServerApplication(builder.Build());
    }

    public async Task<CustomResourceSnapshot> HealthyAsync(string resource) =>
        (await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable, _limit.Token)).Snapshot;

    public Task<CustomResourceSnapshot> InStateAsync(string resource, string state) => WhenAsync(resource, snapshot => snapshot.State?.Text == state);

    public async Task<CustomResourceSnapshot> WhenAsync(string resource, Func<CustomResourceSnapshot, bool> condition) =>
        (await _app.ResourceNotifications.WaitForResourceAsync(resource, change => condition(change.Snapshot), _limit.Token)).Snapshot;

    /// <summary>Waits until the resource has failed to start, and returns the reason in its log.</summary>
    public async Task<string> FailureAsync(string resource)
    {
        await InStateAsync(resource, KnownResourceStates.FailedToStart);
        return string.Join('\n', await LogAsync(resource));
    }

    /// <summary>The lines that the dashboard shows for a resource.</summary>
    public async Task<IReadOnlyList<string>> LogAsync(string resource)
    {
        var lines = new List<string>();
        await foreach (var batch in _app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(Resource(resource)).WithCancellation(_limit.Token))
            lines.AddRange(batch.Select(line => line.Content));
        return lines;
    }

    public async Task ExecuteAsync(string resource, string command)
    {
        var result = await _app.ResourceCommands.ExecuteCommandAsync(resource, command, _limit.Token);
        Assert.True(result.Success, $"'{command}' of '{resource}' failed: {result.Message}");
    }

    public async Task<string> ConnectionStringAsync(string resource) =>
        await _app.GetConnectionStringAsync(resource, _limit.Token) ?? throw new InvalidOperationException($"'{resource}' has no connection string.");

    public Uri Endpoint(string resource, string name) => _app.GetEndpoint(resource, name);

    public async Task<object?> SqlAsync(string database, string sql)
    {
        var settings = new NpgsqlConnectionStringBuilder(await ConnectionStringAsync(database)) { Pooling = false };
        await using var source = NpgsqlDataSource.Create(settings);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(_limit.Token);
    }

    /// <summary>A connection as the API and workers make it.</summary>
    public async Task<ConnectionMultiplexer> RedisAsync(string resource)
    {
        var options = ConfigurationOptions.Parse(await ConnectionStringAsync(resource));
        (options.ConnectTimeout, options.AsyncTimeout, options.AllowAdmin) = (60_000, 60_000, true);
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        await _starting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // As a person does: stopped first. Nothing disposes the services of an AppHost that ends.
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _limit.Dispose();
    }

    private async Task StopAfterAsync(Exception reason)
    {
        try
        {
            await DisposeAsync();
        }
        catch (Exception whileStopping)
        {
            throw new AggregateException(reason, whileStopping);
        }
    }

    private IResource Resource(string name) => _app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);
}
