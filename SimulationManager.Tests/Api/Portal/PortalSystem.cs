using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api.Portal;

/// <summary>An API and a worker of their own whose storage can be cut off: agents are then made ready until it is back.</summary>
public sealed class PortalSystem(ApiFixture fixture) : IAsyncLifetime
{
    private ApiHost _api = null!;
    private WorkerHost _worker = null!;
    private CuttableProxy _storage = null!;

    internal ApiHost Api => _api;

    public async ValueTask InitializeAsync()
    {
        var settings = await fixture.NewSystemAsync();
        _storage = OutageTests.Intercept(settings, "ConnectionStrings:minio", ":(\\d+)");
        _worker = await WorkerHost.StartAsync(settings);
        _api = await ApiHost.StartAsync(settings);
        await _api.WaitUntilPreparedAsync();
        (await _api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin")).Dispose();
        await ApiFixture.WaitForWorkerAsync(_api.Address, TimeSpan.FromSeconds(60));
    }

    /// <summary>Does something while storage is away.</summary>
    internal async Task WithoutStorageAsync(Func<Task> act)
    {
        await _storage.CutAsync();
        try
        {
            await act();
        }
        finally
        {
            _storage.Restore();
        }
    }

    internal Task<ApiClient> AdminAsync() => _api.Client().SignInAsync(ApiFixture.AdminEmail);

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _worker.DisposeAsync();
        await _storage.DisposeAsync();
    }
}
