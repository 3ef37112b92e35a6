using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using SimulationManager.Core.Data;
using SimulationManager.Core.Grains;
using SimulationManager.Worker.Executions;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Worker;

/// <summary>A whole worker, silo and engine, in this process.</summary>
internal sealed class WorkerHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WorkerHost(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public static async Task<WorkerHost> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var host = await BuildAsync(settings);
        await host._app.StartAsync();
        return host;
    }

    /// <summary>Starts a worker that was only built, and waits until it and others take agents.</summary>
    /// <param name="silos">How many there are then.</param>
    public async Task JoinAsync(int silos)
    {
        await _app.StartAsync();
        await WaitForSilosAsync(silos);
    }

    /// <summary>A worker that is not started: only its services, and an up-to-date database.</summary>
    public static async Task<WorkerHost> BuildAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole().SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Critical);
        builder.AddServiceDefaults();
        builder.AddWorkerServices();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        await DatabaseMigrator.MigrateAsync(app.Services, CancellationToken.None);
        return new WorkerHost(app);
    }

    public IExecutionGrain Execution(long id) => _app.Services.GetRequiredService<IGrainFactory>().GetGrain<IExecutionGrain>(id);

    /// <summary>Waits until this many silos take agents: a run that starts before another one has joined is not shared with it.</summary>
    public Task WaitForSilosAsync(int count) => Wait.UntilAsync(
        async () => (await Get<SiloDirectory>().ListAsync([])).Count == count, TimeSpan.FromSeconds(60), $"{count} silos to take agents");

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
