namespace SimulationManager.Tests.Worker;

/// <summary>A worker in a process of its own, which a test can kill.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private WorkerProcess(ServerProcess process) => _process = process;

    public string Output => _process.Output;

    public static async Task<WorkerProcess> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var port = ServerProcess.FreePort();
        var environment = settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value);
        environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        environment["Logging__LogLevel__Default"] = "Warning";
        var process = ServerProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "SimulationManager.Worker.dll")], environment);
        try
        {
            await process.WaitForPortAsync(port);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }

        return new WorkerProcess(process);
    }

    public Task KillAsync() => _process.KillAsync();

    public Task TerminateAsync() => _process.TerminateAsync(TimeSpan.FromSeconds(30));

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
