using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>An API with two workers of its own, one of which is another process that a test can kill.</summary>
internal sealed class TwoWorkers : IAsyncDisposable
{
    private readonly ApiHost _api;
    private readonly WorkerHost _survivor;

    private TwoWorkers(ApiHost api, WorkerHost survivor, WorkerProcess victim, ApiClient user) => (_api, _survivor, Victim, User) = (api, survivor, victim, user);

    public WorkerProcess Victim { get; }

    /// <summary>Somebody who is signed in.</summary>
    public ApiClient User { get; }

    public static async Task<TwoWorkers> StartAsync(ApiFixture fixture)
    {
        var settings = await fixture.NewSystemAsync();
        var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        var survivor = await WorkerHost.StartAsync(settings);
        var victim = await WorkerProcess.StartAsync(settings);
        await survivor.WaitForSilosAsync(2);
        var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await ApiFixture.WaitForWorkerAsync(api.Address, TimeSpan.FromSeconds(60));
        return new TwoWorkers(api, survivor, victim, user);
    }

    public async ValueTask DisposeAsync()
    {
        User.Dispose();
        await Victim.DisposeAsync();
        await _survivor.DisposeAsync();
        await _api.DisposeAsync();
    }
}
