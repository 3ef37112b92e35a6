using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.LocalRuntime;

namespace Aspire.Hosting.Orchestration;

/// <summary>What is told to others of one instance. Every change of its state goes through here.</summary>
internal sealed class InstanceState(IResource resource, string id, OrchestrationServices services)
{
    private const int LinesInReason = 10;

    private string? Current => services.Notifications.TryGetCurrentState(id, out var now) ? now.Snapshot.State?.Text : null;

    public Task AnnounceAsync() => services.Notifications.PublishUpdateAsync(resource, id, before => before with
    {
        State = KnownResourceStates.NotStarted,
        CreationTimeStamp = services.Clock.GetUtcNow().UtcDateTime,
        Urls = ResourceUrls.Of(resource),
        Commands = ResourceUrls.CommandsOf(resource),
    });

    public Task ChangeAsync(string state, string? reason = null) => PublishAsync(state, null, reason, null);

    public Task RunsAsync(LaunchedResource launched) => PublishAsync(KnownResourceStates.Running, null, null, launched);

    /// <summary>Tells that the process has ended, and shows its last lines if nobody asked it to.</summary>
    public Task EndedAsync(int exitCode, bool wasAsked)
    {
        var state = exitCode == 0 && resource is not ContainerResource ? KnownResourceStates.Finished : KnownResourceStates.Exited;
        var lines = services.Logs.LastLines(id, LinesInReason).Select(line => line.Content);
        var reason = wasAsked || exitCode == 0
            ? null
            : $"It ended by itself with exit code {exitCode}. Its last lines:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
        return PublishAsync(state, exitCode, reason, null);
    }

    /// <summary>Tells why it cannot start, or why it can no longer be watched.</summary>
    public Task FailedAsync(Exception exception)
    {
        var state = StateAfter(exception);
        var reason = state == LocalResourceStates.NotAvailable && exception is RealisationException missing
            ? string.Join(" ", [missing.Advice, .. missing.Attempts])
            : exception.Message;
        return ChangeAsync(state, reason);
    }

    /// <summary>Tells that it was stopped before it began.</summary>
    public Task GivenUpAsync() => Current == KnownResourceStates.Waiting ? ChangeAsync(KnownResourceStates.NotStarted) : Task.CompletedTask;

    public Task HealthAsync(ImmutableArray<HealthReportSnapshot> reports, bool isReady) =>
        services.Notifications.PublishUpdateAsync(resource, id, before => before.State?.Text != KnownResourceStates.Running
            ? before
            : before with { HealthReports = reports, IsReady = isReady });

    private string StateAfter(Exception exception)
    {
        if (Current == KnownResourceStates.Running || Current == KnownResourceStates.Stopping)
            return KnownResourceStates.Exited;
        return exception is RealisationException { IsNothingInstalled: true } && DependencyGraph.IsOptional(resource, services.Model)
            ? LocalResourceStates.NotAvailable
            : KnownResourceStates.FailedToStart;
    }

    private Task PublishAsync(string state, int? exitCode, string? reason, LaunchedResource? launched) =>
        services.Notifications.PublishUpdateAsync(resource, id, before =>
        {
            ResourceStates.EnsureMayFollow(before.State?.Text, state);
            var now = services.Clock.GetUtcNow().UtcDateTime;
            var isFailure = state == KnownResourceStates.FailedToStart || (exitCode is not (null or 0) && reason is not null);
            return before with
            {
                State = new(state, isFailure ? KnownResourceStateStyles.Error : null),
                ExitCode = exitCode,
                Reason = reason,
                HealthReports = state == KnownResourceStates.Running ? PendingChecks() : [],
                IsReady = false,
                Source = launched?.Source ?? before.Source,
                ProcessId = launched?.Process.ProcessId,
                EnvironmentVariables = launched is null
                    ? before.EnvironmentVariables
                    : [.. launched.Environment.Select(variable => new EnvironmentVariableSnapshot(variable.Key, variable.Value, true))],
                StartTimeStamp = state == KnownResourceStates.Running ? now : before.StartTimeStamp,
                StopTimeStamp = ResourceNotificationService.HasEnded(state) ? now : null,
            };
        });

    private ImmutableArray<HealthReportSnapshot> PendingChecks() =>
        [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => new HealthReportSnapshot(check.Key, null, null, null))];
}
