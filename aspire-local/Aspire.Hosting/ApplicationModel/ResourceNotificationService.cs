using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>How waiting behaves unless a wait says otherwise.</summary>
public sealed class ResourceNotificationServiceOptions
{
    public WaitBehavior DefaultWaitBehavior { get; set; }
}

/// <summary>Keeps the state of every resource, and tells of changes.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock _changes = new();
    private readonly ConcurrentDictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private readonly DistributedApplicationModel _model;
    private readonly WaitBehavior _defaultBehavior;
    private readonly CancellationTokenSource _stopped;

    internal ResourceNotificationService(
        DistributedApplicationModel model, IHostApplicationLifetime lifetime, IOptions<ResourceNotificationServiceOptions> options)
    {
        _model = model;
        _defaultBehavior = options.Value.DefaultWaitBehavior;
        _stopped = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopped);
    }

    /// <summary>States now, then every change until the token is cancelled.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        var channel = Channel.CreateUnbounded<ResourceEvent>(new() { SingleReader = true });
        lock (_changes)
        {
            foreach (var state in _current.Values)
                channel.Writer.TryWrite(state);
            _watchers.Add(channel);
        }
        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(ended.Token))
                yield return change;
        }
        finally
        {
            lock (_changes)
                _watchers.Remove(channel);
        }
    }

    /// <summary>Completes when the resource is in a state; in <see cref="KnownResourceStates.Running"/> unless told otherwise.</summary>
    public async Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        await WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <returns>Which of the states it was.</returns>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var wanted = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(resourceName, change => wanted.Contains(change.Snapshot.State?.Text ?? ""), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    /// <exception cref="DistributedApplicationException">There is no such resource.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, or the application stopped.</exception>
    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(resourceName);
        ArgumentNullException.ThrowIfNull(predicate);
        if (!_model.Resources.TryGetByName(resourceName, out _))
            throw new DistributedApplicationException(
                $"There is no resource '{resourceName}'. There are: {string.Join(", ", _model.Resources.Select(resource => resource.Name))}.");
        await foreach (var change in WatchAsync(cancellationToken))
            if (string.Equals(change.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) && predicate(change))
                return change;
        throw new OperationCanceledException($"The application stopped before the resource '{resourceName}' reached what was waited for.");
    }

    /// <summary>Completes when the resource runs, is healthy and has done what it does then.</summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, _defaultBehavior, cancellationToken);

    /// <inheritdoc cref="WaitForResourceHealthyAsync(string, CancellationToken)"/>
    /// <exception cref="DistributedApplicationException">The resource ended or could not be started, and <paramref name="waitBehavior"/> says to stop then.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(
            resourceName,
            change => change.Snapshot.IsReady || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && HasEnded(change.Snapshot)),
            cancellationToken);
        return reached.Snapshot.IsReady ? reached : throw Unavailable(reached);
    }

    /// <summary>Completes when everything that <paramref name="resource"/> waits for is as it has to be.</summary>
    /// <exception cref="DistributedApplicationException">Something that it waits for failed.</exception>
    public async Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resource);
        await Task.WhenAll(resource.Annotations.OfType<WaitAnnotation>().Select(wait => WaitForAsync(wait, cancellationToken)));
    }

    public bool TryGetCurrentState(string resourceId, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ResourceEvent? resourceEvent) =>
        _current.TryGetValue(resourceId, out resourceEvent);

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return PublishUpdateAsync(resource, resource.Name, stateFactory);
    }

    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(stateFactory);
        lock (_changes)
        {
            var before = _current.TryGetValue(resourceId, out var known) ? known.Snapshot : Unknown(resource);
            var change = new ResourceEvent(resource, resourceId, stateFactory(before));
            _current[resourceId] = change;
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite(change);
        }
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        GC.SuppressFinalize(this);
    }

    internal IReadOnlyCollection<ResourceEvent> Current => [.. _current.Values];

    internal static bool HasEnded(CustomResourceSnapshot snapshot) => HasEnded(snapshot.State?.Text);

    internal static bool HasEnded(string? state) =>
        state is not null && (state == LocalResourceStates.NotAvailable || KnownResourceStates.TerminalStates.Contains(state));

    private static CustomResourceSnapshot Unknown(IResource resource) =>
        new() { ResourceType = resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal), Properties = [] };

    private static DistributedApplicationException Unavailable(ResourceEvent ended)
    {
        var exitCode = ended.Snapshot.ExitCode is { } code ? $" with exit code {code}" : "";
        var reason = ended.Snapshot.Reason is { Length: > 0 } text ? $" {text}" : "";
        return new($"The resource '{ended.Resource.Name}' is in the state '{ended.Snapshot.State?.Text}'{exitCode}.{reason}");
    }

    private async Task WaitForAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var (name, behavior) = (wait.Resource.Name, wait.WaitBehavior ?? _defaultBehavior);
        switch (wait.WaitType)
        {
            case WaitType.WaitUntilHealthy:
                await WaitForResourceHealthyAsync(name, behavior, cancellationToken);
                return;
            case WaitType.WaitUntilStarted:
                var started = await WaitForResourceAsync(
                    name, change => change.Snapshot.State?.Text == KnownResourceStates.Running || HasEnded(change.Snapshot), cancellationToken);
                if (started.Snapshot.State?.Text == KnownResourceStates.FailedToStart)
                    throw Unavailable(started);
                return;
            default:
                var ended = await WaitForResourceAsync(name, change => HasEnded(change.Snapshot), cancellationToken);
                if (ended.Snapshot.ExitCode != wait.ExitCode)
                    throw Unavailable(ended);
                return;
        }
    }
}
