namespace SimulationManager.Tests.Worker;

/// <summary>A worker in a process of its own, which a test can kill.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private WorkerProcess(ServerProcess process, int port)
    {
        _process = process;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    public Uri Address { get; }

    public string Output => _process.Output;

    public static async Task<WorkerProcess> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var (process, port) = await ServerProcess.StartServiceAsync("SimulationManager.Worker.dll", settings);
        return new WorkerProcess(process, port);
    }

    public Task KillAsync() => _process.KillAsync();

    public Task TerminateAsync() => _process.TerminateAsync(TimeSpan.FromSeconds(60));

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
