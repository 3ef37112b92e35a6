using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Orchestration;

/// <summary>A resource, or one replica of it: waits, starts, is watched, ends; can be started again.</summary>
internal sealed class ResourceInstance(IResource resource, string id, OrchestrationServices services) : IDisposable
{
    private readonly SemaphoreSlim _commands = new(1, 1);
    private CancellationTokenSource _stop = new();
    private TimeSpan _grace;
    private Task _run = Task.CompletedTask;

    public IResource Resource { get; } = resource;

    public string Id { get; } = id;

    public InstanceState State { get; } = new(resource, id, services);

    /// <summary>What the process listens on, which is not the endpoint's own port when several replicas share that.</summary>
    public IReadOnlyList<(EndpointAnnotation Endpoint, int Port)> ListenPorts { get; init; } = [];

    public void OnOutput(OutputLine line) => services.Logs.Write(Id, line.Text, line.IsError);

    public void OnProgress(string text) => services.Logs.Write(Id, text, isError: false);

    /// <summary>Lets it run. No effect if it does.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _commands.WaitAsync(cancellationToken);
        try
        {
            if (!_run.IsCompleted)
                return;
            _stop.Dispose();
            _stop = new();
            _run = RunAsync(_stop.Token);
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Ends it, politely for <paramref name="grace"/>. No effect if it does not run.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        await _commands.WaitAsync(cancellationToken);
        try
        {
            _grace = grace;
            await _stop.CancelAsync();
            await _run.WaitAsync(cancellationToken);
        }
        finally
        {
            _commands.Release();
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _commands.Dispose();
    }

    // Whatever goes wrong in here belongs to this one resource: it is shown as its state, and the others go on.
    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await WaitAsync(services.DefaultWaitBehavior, stopping);
            await State.ChangeAsync(KnownResourceStates.Starting);
            if (Resource is IResourceWithParent child)
                await LiveWithParentAsync(child.Parent, stopping);
            else
                await LiveAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await State.GivenUpAsync();
        }
        catch (Exception exception)
        {
            await State.FailedAsync(exception);
        }
    }

    private async Task WaitAsync(WaitBehavior behavior, CancellationToken stopping)
    {
        var awaited = DependencyGraph.Awaited(Resource).Select(other => other.Name).Distinct().ToList();
        if (awaited.Count == 0)
            return;
        await State.ChangeAsync(KnownResourceStates.Waiting, $"waits for {string.Join(", ", awaited)}");
        await services.Notifications.WaitForDependenciesAsync(Resource, stopping);
        if (Resource is IResourceWithParent child)
            await services.Notifications.WaitForResourceHealthyAsync(child.Parent.Name, behavior, stopping);
    }

    private async Task LiveAsync(CancellationToken stopping)
    {
        PortAllocator.EnsureFree(this);
        LaunchedResource launched;
        try
        {
            launched = await services.Launcher.LaunchAsync(this, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await State.ChangeAsync(KnownResourceStates.Stopping);
            await State.ChangeAsync(KnownResourceStates.Exited, "stopped while it was starting");
            return;
        }
        await using (launched.Process)
        {
            await State.RunsAsync(launched);
            var exitCode = await WatchAsync(launched.Process, stopping);
            await State.EndedAsync(exitCode, stopping.IsCancellationRequested);
        }
    }

    private async Task<int> WatchAsync(ILaunched process, CancellationToken stopping)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var health = services.Health.MonitorAsync(this, watching.Token);
        try
        {
            return await process.Exited.WaitAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await State.ChangeAsync(KnownResourceStates.Stopping);
            await process.StopAsync(_grace, CancellationToken.None);
            return await process.Exited;
        }
        finally
        {
            await EndAsync(watching, health);
        }
    }

    // Has no process of its own: it is there while its parent is, and comes back when that comes back.
    private async Task LiveWithParentAsync(IResource parent, CancellationToken stopping)
    {
        while (await IsLeftByParentAsync(parent, stopping))
        {
            await State.ChangeAsync(KnownResourceStates.Exited, $"its parent {parent.Name} does not run");
            await WaitAsync(WaitBehavior.WaitOnResourceUnavailable, stopping);
            await State.ChangeAsync(KnownResourceStates.Starting);
        }
    }

    private async Task<bool> IsLeftByParentAsync(IResource parent, CancellationToken stopping)
    {
        await State.ChangeAsync(KnownResourceStates.Running);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var health = services.Health.MonitorAsync(this, watching.Token);
        try
        {
            await services.Notifications.WaitForResourceAsync(
                parent.Name, change => change.Snapshot.State?.Text != KnownResourceStates.Running, stopping);
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await State.ChangeAsync(KnownResourceStates.Stopping);
            await State.ChangeAsync(KnownResourceStates.Exited);
            return false;
        }
        finally
        {
            await EndAsync(watching, health);
        }
    }

    private static async Task EndAsync(CancellationTokenSource watching, Task health)
    {
        await watching.CancelAsync();
        try
        {
            await health;
        }
        catch (OperationCanceledException)
        {
            // That was us.
        }
    }
}

/// <summary>What every instance needs.</summary>
internal sealed record OrchestrationServices(
    DistributedApplicationModel Model, ResourceNotificationService Notifications, ResourceLoggerService Logs, ResourceLauncher Launcher, HealthMonitor Health,
    IOptions<ResourceNotificationServiceOptions> Options, TimeProvider Clock)
{
    public WaitBehavior DefaultWaitBehavior => Options.Value.DefaultWaitBehavior;
}
