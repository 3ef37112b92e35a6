using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>An API with a worker and a database of its own, for a test that changes settings or needs to be alone.</summary>
internal sealed class OwnSystem : IAsyncDisposable
{
    private readonly WorkerHost _worker;

    private OwnSystem(WorkerHost worker, ApiHost api, ApiClient user) => (_worker, Api, User) = (worker, api, user);

    public ApiHost Api { get; }

    /// <summary>The administrator, who is signed in.</summary>
    public ApiClient User { get; }

    /// <summary>Starts it, and waits until the worker is there.</summary>
    /// <param name="fixture">Has the servers.</param>
    /// <param name="changes">Settings that are not those of other tests.</param>
    public static async Task<OwnSystem> StartAsync(ApiFixture fixture, params (string Key, string Value)[] changes)
    {
        var settings = await fixture.NewSystemAsync();
        foreach (var (key, value) in changes) settings[key] = value;
        var worker = await WorkerHost.StartAsync(settings);
        var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await ApiFixture.WaitForWorkerAsync(api.Address, TimeSpan.FromSeconds(60));
        return new OwnSystem(worker, api, user);
    }

    public async ValueTask DisposeAsync()
    {
        User.Dispose();
        await Api.DisposeAsync();
        await _worker.DisposeAsync();
    }
}
