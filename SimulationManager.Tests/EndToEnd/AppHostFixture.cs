using Aspire.Hosting;
using Aspire.Hosting.Testing;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.EndToEnd;
using SimulationManager.Tests.Servers;

[assembly: AssemblyFixture(typeof(AppHostFixture))]

namespace SimulationManager.Tests.EndToEnd;

/// <summary>The whole AppHost, started once for all end-to-end tests; the test builder gives it free ports and data that end with it.</summary>
public sealed class AppHostFixture : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(4);
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly TestFolder _data = new();
    private DistributedApplication? _app;

    /// <summary>An address of the API, once every resource is healthy.</summary>
    public async Task<Uri> ApiAddressAsync(CancellationToken cancellationToken) => (await ApplicationAsync(cancellationToken)).GetEndpoint("api", "http");

    /// <summary>The application, once every resource is healthy. The first caller waits for the start.</summary>
    public async Task<DistributedApplication> ApplicationAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            return _app ??= await StartAsync(_data.Path, [], cancellationToken);
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _starting.Dispose();
        _data.Dispose();
    }

    /// <summary>Starts an AppHost with data and arguments of its command line and waits until every resource is healthy.</summary>
    internal static async Task<DistributedApplication> StartAsync(string dataRoot, string[] arguments, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SimulationManager_AppHost>(
            ["--LocalServers:Source=process", $"--LocalServers:DataRoot={dataRoot}", .. LocalApplication.Passwords, .. arguments], limit.Token);
        var app = await builder.BuildAsync(limit.Token);
        try
        {
            return await StartAsync(app, limit.Token);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static async Task<DistributedApplication> StartAsync(DistributedApplication app, CancellationToken cancellationToken)
    {
        await app.StartAsync(cancellationToken);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("api", cancellationToken);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("worker", cancellationToken);
        await ApiFixture.WaitForWorkerAsync(app.GetEndpoint("api", "http"), StartLimit).WaitAsync(cancellationToken);
        return app;
    }
}

/// <summary>Tests of the one AppHost run one after another: some stop its resources.</summary>
[CollectionDefinition(nameof(AppHostCollection))]
public sealed class AppHostCollection;
