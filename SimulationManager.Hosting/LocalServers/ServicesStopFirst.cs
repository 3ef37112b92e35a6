using Microsoft.Extensions.Hosting;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>
/// Stops the projects before everything else when the application ends. The orchestrator ends all processes at once, and a service
/// whose database and Redis are gone takes longest to say goodbye to them.
/// </summary>
internal sealed class ServicesStopFirst(DistributedApplicationModel model, ResourceCommandService commands) : IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        Task stopped = Task.WhenAll(model.GetProjectResources().Select(project => commands.ExecuteCommandAsync(project, KnownResourceCommands.StopCommand, limit.Token)));
        // What does not stop in time is ended by the orchestrator.
        await stopped.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
