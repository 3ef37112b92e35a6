using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Orchestration;

/// <summary>A resource, or one replica of it: waits, starts, is watched, ends; can be started again.</summary>
internal sealed class ResourceInstance(IResource resource, string id, OrchestrationServices services) : IDisposable
{
    private const int LinesInReason = 10;

    private readonly SemaphoreSlim _commands = new(1, 1);
    private CancellationTokenSource _stop = new();
    private TimeSpan _grace;
    private Task _run = Task.CompletedTask;

    public IResource Resource { get; } = resource;

    public string Id { get; } = id;

    /// <summary>What the process listens on, which is not the endpoint's own port when several replicas share that.</summary>
    public IReadOnlyList<(EndpointAnnotation Endpoint, int Port)> ListenPorts { get; init; } = [];

    public bool IsActive => !_run.IsCompleted;

    public void OnOutput(OutputLine line) => services.Logs.Write(Id, line.Text, line.IsError);

    public void OnProgress(string text) => services.Logs.Write(Id, text, isError: false);

    public Task AnnounceAsync() => services.Notifications.PublishUpdateAsync(Resource, Id, before => before with
    {
        State = KnownResourceStates.NotStarted,
        CreationTimeStamp = services.Clock.GetUtcNow().UtcDateTime,
        Urls = ResourceUrls.Of(Resource),
        Commands = ResourceUrls.CommandsOf(Resource),
    });

    /// <summary>Lets it run. No effect if it does.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _commands.WaitAsync(cancellationToken);
        try
        {
            if (IsActive)
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

    public Task PublishHealthAsync(ImmutableArray<HealthReportSnapshot> reports, bool isReady) =>
        services.Notifications.PublishUpdateAsync(Resource, Id, before => before.State?.Text != KnownResourceStates.Running
            ? before
            : before with { HealthReports = reports, IsReady = isReady });

    // Whatever goes wrong in here belongs to this one resource: it is shown as its state, and the others go on.
    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await WaitAsync(services.DefaultWaitBehavior, stopping);
            await PublishAsync(KnownResourceStates.Starting);
            if (Resource is IResourceWithParent)
                await LiveWithParentAsync(stopping);
            else
                await LiveAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await EndBeforeStartAsync();
        }
        catch (Exception exception)
        {
            await PublishAsync(KnownResourceStates.FailedToStart, reason: exception.Message);
        }
    }

    private async Task WaitAsync(WaitBehavior behavior, CancellationToken stopping)
    {
        var awaited = Resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).ToList();
        if (Resource is IResourceWithParent { Parent: { } parent })
            awaited.Add(parent.Name);
        if (awaited.Count == 0)
            return;
        await PublishAsync(KnownResourceStates.Waiting, reason: $"waits for {string.Join(", ", awaited.Distinct())}");
        await services.Notifications.WaitForDependenciesAsync(Resource, stopping);
        if (Resource is IResourceWithParent child)
            await services.Notifications.WaitForResourceHealthyAsync(child.Parent.Name, behavior, stopping);
    }

    private async Task LiveAsync(CancellationToken stopping)
    {
        PortAllocator.EnsureFree(this);
        LaunchedResource? launched = null;
        try
        {
            launched = await services.Launcher.LaunchAsync(this, stopping);
            await using (launched.Process)
            {
                await PublishAsync(KnownResourceStates.Running, launched: launched);
                var exitCode = await WatchUntilExitAsync(launched.Process, stopping);
                await PublishExitAsync(exitCode);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && launched is null)
        {
            await PublishAsync(KnownResourceStates.Stopping);
            await PublishAsync(KnownResourceStates.Exited, reason: "stopped while it was starting");
        }
    }

    private async Task<int> WatchUntilExitAsync(ILaunched process, CancellationToken stopping)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var health = services.Health.MonitorAsync(this, watching.Token);
        try
        {
            return await process.Exited.WaitAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await PublishAsync(KnownResourceStates.Stopping);
            await process.StopAsync(_grace, CancellationToken.None);
            return await process.Exited;
        }
        finally
        {
            await watching.CancelAsync();
            await health.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    // Has no process of its own: it is there while its parent is, comes back when that comes back.
    private async Task LiveWithParentAsync(CancellationToken stopping)
    {
        var parent = ((IResourceWithParent)Resource).Parent;
        while (true)
        {
            await PublishAsync(KnownResourceStates.Running);
            using (var watching = CancellationTokenSource.CreateLinkedTokenSource(stopping))
            {
                var health = services.Health.MonitorAsync(this, watching.Token);
                var gone = services.Notifications.WaitForResourceAsync(
                    parent.Name, change => change.Snapshot.State?.Text != KnownResourceStates.Running, watching.Token);
                try
                {
                    await await Task.WhenAny(gone, health.ContinueWith(_ => gone, watching.Token, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap());
                }
                catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                {
                    await PublishAsync(KnownResourceStates.Stopping);
                    await PublishAsync(KnownResourceStates.Exited);
                    return;
                }
                finally
                {
                    await watching.CancelAsync();
                    await health.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }
            }
            await PublishAsync(KnownResourceStates.Exited, reason: $"its parent {parent.Name} does not run");
            await WaitAsync(WaitBehavior.WaitOnResourceUnavailable, stopping);
            await PublishAsync(KnownResourceStates.Starting);
        }
    }

    private Task PublishExitAsync(int exitCode)
    {
        var isContainer = Resource is ContainerResource;
        var wasAsked = _stop.IsCancellationRequested;
        var state = exitCode == 0 && !isContainer ? KnownResourceStates.Finished : KnownResourceStates.Exited;
        var lines = services.Logs.LastLines(Id, LinesInReason).Select(line => line.Content);
        var reason = wasAsked || exitCode == 0 ? null : $"It ended by itself with exit code {exitCode}. Its last lines:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
        return PublishAsync(state, exitCode: exitCode, reason: reason);
    }

    private async Task EndBeforeStartAsync()
    {
        var state = services.Notifications.TryGetCurrentState(Id, out var now) ? now.Snapshot.State?.Text : null;
        if (state == KnownResourceStates.Waiting)
            await PublishAsync(KnownResourceStates.NotStarted);
    }

    private Task PublishAsync(string state, int? exitCode = null, string? reason = null, LaunchedResource? launched = null) =>
        services.Notifications.PublishUpdateAsync(Resource, Id, before =>
        {
            ResourceStates.EnsureMayFollow(before.State?.Text, state);
            var now = services.Clock.GetUtcNow().UtcDateTime;
            var isFailure = state == KnownResourceStates.FailedToStart || exitCode is > 0 && reason is not null;
            return before with
            {
                State = new(state, isFailure ? KnownResourceStateStyles.Error : null),
                ExitCode = exitCode,
                Reason = reason,
                HealthReports = state == KnownResourceStates.Running ? PendingChecks() : [],
                IsReady = false,
                Source = launched?.Source ?? before.Source,
                ProcessId = launched?.Process.ProcessId,
                EnvironmentVariables = launched is null ? before.EnvironmentVariables : [.. launched.Environment.Select(variable => new EnvironmentVariableSnapshot(variable.Key, variable.Value, true))],
                StartTimeStamp = state == KnownResourceStates.Running ? now : before.StartTimeStamp,
                StopTimeStamp = KnownResourceStates.TerminalStates.Contains(state) ? now : null,
            };
        });

    private ImmutableArray<HealthReportSnapshot> PendingChecks() =>
        [.. Resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => new HealthReportSnapshot(check.Key, null, null, null))];
}

/// <summary>What every instance needs.</summary>
internal sealed record OrchestrationServices(
    ResourceNotificationService Notifications, ResourceLoggerService Logs, ResourceLauncher Launcher, HealthMonitor Health,
    IOptions<ResourceNotificationServiceOptions> Options, TimeProvider Clock)
{
    public WaitBehavior DefaultWaitBehavior => Options.Value.DefaultWaitBehavior;
}
