using System.Diagnostics;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>
/// A resource that is no container here but a process: a custom resource in Aspire's sense, whose state, endpoints, logs and
/// commands are those of its <see cref="LocalServerProcess"/>.
/// </summary>
internal sealed partial class LocalServer(
    IResourceWithEndpoints resource, IServerProgram program, ServerSource? source, LocalServerProcess process, string whyNoContainer, IServiceProvider services) : IDisposable
{
    private const string NotAvailable = "Not available";
    private const string Pid = "executable.pid";
    private const int KeptLines = 30;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PortPatience = TimeSpan.FromSeconds(20);

    /// <summary>Recovery after a crash may take its time; the log says meanwhile what the server does.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(1);

    private readonly ResourceNotificationService _notifications = services.GetRequiredService<ResourceNotificationService>();
    private readonly ResourceCommandService _commands = services.GetRequiredService<ResourceCommandService>();
    private readonly IDistributedApplicationEventing _eventing = services.GetRequiredService<IDistributedApplicationEventing>();
    private readonly DistributedApplicationModel _model = services.GetRequiredService<DistributedApplicationModel>();
    private readonly IReadOnlyList<IResource> _children =
        [.. services.GetRequiredService<DistributedApplicationModel>().Resources.Where(child => child is IResourceWithParent { Parent: var parent } && parent == resource)];

    private readonly ILogger _hostLog = services.GetRequiredService<ILoggerFactory>().CreateLogger<LocalServer>();
    private readonly ILogger _log = services.GetRequiredService<ResourceLoggerService>().GetLogger(resource);
    private readonly Queue<string> _lastLines = new();
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile TaskCompletionSource<CustomResourceSnapshot> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ProcessRun? _lastSeen;
    private volatile ProcessRun? _previous;
    private int _isRunning;

    /// <summary>Brings the resource into the running application. Nobody awaits this but the event: what goes wrong is shown on the resource.</summary>
    public async Task InitialiseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AnnounceAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            await FailAsync(failed.Message, isMissing: false).ConfigureAwait(false);
            return;
        }

        await Task.WhenAll(FollowStateAsync(cancellationToken), FollowLogAsync(cancellationToken), StartAsync(cancellationToken)).ConfigureAwait(false);
    }

    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().ToList())
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", endpoint.Port!.Value);
        await _eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, services), cancellationToken).ConfigureAwait(false);
        foreach (var each in _children.Prepend(resource).OfType<IResourceWithConnectionString>())
            await _eventing.PublishAsync(new ConnectionStringAvailableEvent(each, services), cancellationToken).ConfigureAwait(false);
        resource.Annotations.AddCommands(this);
    }

    /// <summary>Starts the server and waits until it can be used.</summary>
    public async Task<ExecuteCommandResult> StartAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await PublishAsync(snapshot => snapshot with { State = KnownResourceStates.Starting, StopTimeStamp = null, ExitCode = null }).ConfigureAwait(false);
            await _eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), cancellationToken).ConfigureAwait(false);
            await RunAsync(new ServerStart(resource, source, services.GetRequiredService<DataFolders>(), _log), cancellationToken).ConfigureAwait(false);
            return CommandResults.Success();
        }
        catch (ServerNotInstalledException missing)
        {
            return await FailAsync($"{whyNoContainer} {missing.Message} Install podman or docker, or {program.Advice}.", isMissing: true).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            return await FailAsync(failed.Message, isMissing: false).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Stops the server and waits until it has ended.</summary>
    public async Task<ExecuteCommandResult> StopAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Volatile.Read(ref _isRunning) == 0) return CommandResults.Failure($"'{resource.Name}' is not running.");
            await PublishAsync(snapshot => snapshot with { State = KnownResourceStates.Stopping }).ConfigureAwait(false);
            return await StopProcessAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    /// <summary>What nothing waits for may be missing: the rest of the application works without it.</summary>
    private async Task<ExecuteCommandResult> FailAsync(string reason, bool isMissing)
    {
        var isDispensable = isMissing && !_model.Resources.SelectMany(each => each.Annotations.OfType<WaitAnnotation>()).Any(wait => wait.Resource == resource);
        if (isDispensable) LogNotAvailable(_hostLog, resource.Name, reason);
        else LogFailed(_hostLog, resource.Name, reason);
        LogFailed(_log, resource.Name, reason);
        await PublishAsync(snapshot => snapshot with
        {
            State = isDispensable ? new(NotAvailable, KnownResourceStateStyles.Warn) : new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error),
        }).ConfigureAwait(false);
        return CommandResults.Failure(reason);
    }

    private async Task RunAsync(ServerStart start, CancellationToken cancellationToken)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            await LoopbackPorts.EnsureFreeAsync(endpoint.Port!.Value, resource.Name, PortPatience, _log, cancellationToken).ConfigureAwait(false);
        var command = await program.PrepareAsync(start, cancellationToken).ConfigureAwait(false);
        process.Use(command);
        LogStarting(_log, command.Description);
        _previous = _lastSeen;
        _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = await _commands.ExecuteCommandAsync(process, KnownResourceCommands.StartCommand, cancellationToken).ConfigureAwait(false);
        if (!started.Success) throw new LocalServerException($"'{resource.Name}' could not be started: {started.Message}");
        await WaitUntilReadyAsync(start, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _isRunning, 1);
        await PublishAsync(snapshot => snapshot with
        {
            State = KnownResourceStates.Running,
            StartTimeStamp = DateTime.UtcNow,
            Properties = [.. snapshot.Properties.Where(property => property.Name != CustomResourceKnownProperties.Source), new(CustomResourceKnownProperties.Source, command.Description)],
            Urls = [.. snapshot.Urls.Select(url => url with { IsInactive = false })],
        }).ConfigureAwait(false);
        if (_end.Task.IsCompleted) await PublishEndAsync(await _end.Task.ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task WaitUntilReadyAsync(ServerStart start, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        try
        {
            while (!await program.IsReadyAsync(start, cancellationToken).ConfigureAwait(false))
            {
                if (_end.Task.IsCompleted) throw new LocalServerException($"'{resource.Name}' ended right after its start{ExitCode(await _end.Task.ConfigureAwait(false))}: {LastLines()}");
                if (Stopwatch.GetElapsedTime(since) > StartLimit) throw new LocalServerException($"'{resource.Name}' did not accept connections within {StartLimit.TotalMinutes:0} minutes: {LastLines()}");
                await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (LocalServerException)
        {
            if (!_end.Task.IsCompleted) await StopProcessAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<ExecuteCommandResult> StopProcessAsync(CancellationToken cancellationToken)
    {
        var stopped = await _commands.ExecuteCommandAsync(process, KnownResourceCommands.StopCommand, cancellationToken).ConfigureAwait(false);
        if (stopped.Success) await _end.Task.WaitAsync(EndLimit, cancellationToken).ConfigureAwait(false);
        return stopped;
    }

    /// <summary>A server that ends by itself or is stopped has ended for everybody who looks at the resource.</summary>
    private async Task FollowStateAsync(CancellationToken cancellationToken)
    {
        await foreach (var change in _notifications.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (change.Resource != process) continue;
            // What is still heard of the process before this one is not this one's end.
            var run = ProcessRun.Of(change.Snapshot);
            if (run == _previous) continue;
            _lastSeen = run;
            if (KnownResourceStates.TerminalStates.Contains(change.Snapshot.State?.Text) && _end.TrySetResult(change.Snapshot))
                await PublishEndAsync(change.Snapshot).ConfigureAwait(false);
        }
    }

    private async Task PublishEndAsync(CustomResourceSnapshot end)
    {
        if (Interlocked.Exchange(ref _isRunning, 0) == 0) return;
        await PublishAsync(snapshot => snapshot with
        {
            State = end.State,
            StopTimeStamp = end.StopTimeStamp,
            ExitCode = end.ExitCode,
            Urls = [.. snapshot.Urls.Select(url => url with { IsInactive = true })],
        }).ConfigureAwait(false);
    }

    private async Task FollowLogAsync(CancellationToken cancellationToken)
    {
        await foreach (var lines in services.GetRequiredService<ResourceLoggerService>().WatchAsync(process).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            foreach (var line in lines)
            {
                var text = WithoutTimestamp(line.Content);
                lock (_lastLines)
                {
                    _lastLines.Enqueue(text);
                    if (_lastLines.Count > KeptLines) _lastLines.Dequeue();
                }

                if (line.IsErrorMessage) LogError(_log, text);
                else LogOutput(_log, text);
            }
        }
    }

    /// <summary>Updates the resource and those that live and end with it, such as a server's databases.</summary>
    private async Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        await _notifications.PublishUpdateAsync(resource, change).ConfigureAwait(false);
        foreach (var child in _children)
        {
            await _notifications.PublishUpdateAsync(child, snapshot =>
            {
                var parent = change(snapshot);
                return snapshot with { State = parent.State, StartTimeStamp = parent.StartTimeStamp, StopTimeStamp = parent.StopTimeStamp, ExitCode = parent.ExitCode };
            }).ConfigureAwait(false);
        }
    }

    private static string ExitCode(CustomResourceSnapshot end) => end.ExitCode is { } code ? $" with exit code {code}" : "";

    /// <summary>The lines that tell why, else the last ones.</summary>
    private string LastLines()
    {
        lock (_lastLines)
        {
            var telling = _lastLines.Where(line => line.Contains("FATAL", StringComparison.Ordinal) || line.Contains("PANIC", StringComparison.Ordinal)
                || line.Contains("HINT", StringComparison.Ordinal) || line.Contains("rror", StringComparison.Ordinal)).ToList();
            return string.Join(" | ", (telling.Count > 0 ? telling : [.. _lastLines]).TakeLast(6).Select(line => line.Trim()));
        }
    }

    /// <summary>The process's log begins each line with the time, and so does the resource's.</summary>
    private static string WithoutTimestamp(string line) =>
        line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var end && DateTimeOffset.TryParse(line.AsSpan(0, end), out _) ? line[(end + 1)..] : line;

    [LoggerMessage(141, LogLevel.Information, "Starting {Server}")]
    private static partial void LogStarting(ILogger logger, string server);

    [LoggerMessage(142, LogLevel.Error, "'{Resource}' could not be started. {Reason}")]
    private static partial void LogFailed(ILogger logger, string resource, string reason);

    [LoggerMessage(145, LogLevel.Warning, "'{Resource}' is not available, and nothing depends on it. {Reason}")]
    private static partial void LogNotAvailable(ILogger logger, string resource, string reason);

    [LoggerMessage(143, LogLevel.Information, "{Line}")]
    private static partial void LogOutput(ILogger logger, string line);

    [LoggerMessage(144, LogLevel.Error, "{Line}")]
    private static partial void LogError(ILogger logger, string line);

    /// <summary>One run of the process; the next one differs in some of these.</summary>
    private sealed record ProcessRun(object? ProcessId, DateTime? Created, DateTime? Started)
    {
        public static ProcessRun Of(CustomResourceSnapshot snapshot) =>
            new(snapshot.Properties.FirstOrDefault(property => property.Name == Pid)?.Value, snapshot.CreationTimeStamp, snapshot.StartTimeStamp);
    }
}
