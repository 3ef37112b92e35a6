using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Reporting;

/// <summary>Shows a person on the console what runs, what changes, and what the resources write.</summary>
internal sealed class ConsoleView(
    ResourceNotificationService notifications, ResourceLoggerService logs, DistributedApplicationModel model, IHostEnvironment environment, TimeProvider clock)
    : IHostedLifecycleService, IDisposable
{
    private readonly ConsoleOutput _output = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Dictionary<string, string> _shown = new(StringComparer.OrdinalIgnoreCase);
    private readonly long _start = clock.GetTimestamp();
    private Task _watching = Task.CompletedTask;
    private Task _logging = Task.CompletedTask;
    private bool _isSummarised;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _logging = ShowLogsAsync();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _output.WriteLine($"{environment.ApplicationName} starts. Stop it with Ctrl-C.");
        _output.WriteLines(ResourceTable.Lines(InOrder()));
        _watching = ShowChangesAsync();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _output.WriteLine($"{environment.ApplicationName} stops.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stopped.CancelAsync();
        await Task.WhenAll(_watching, _logging);
    }

    public void Dispose() => _stopped.Dispose();

    private async Task ShowLogsAsync()
    {
        try
        {
            await foreach (var (resource, line) in logs.WatchAllAsync(_stopped.Token))
                _output.WriteLine($"{_output.Tag(resource)} {line.Content}");
        }
        catch (OperationCanceledException)
        {
            // The application has ended.
        }
    }

    private async Task ShowChangesAsync()
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(_stopped.Token))
            {
                Show(change);
                if (!_isSummarised && StartupSummary.IsSettled(notifications.Current))
                {
                    _isSummarised = true;
                    _output.WriteLine();
                    _output.WriteLines(ResourceTable.Lines(InOrder()));
                    _output.WriteLines(StartupSummary.Lines(InOrder(), clock.GetElapsedTime(_start), _output));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The application has ended.
        }
    }

    private void Show(ResourceEvent change)
    {
        var state = ResourceTable.StateOf(change.Snapshot);
        var before = _shown.GetValueOrDefault(change.ResourceId);
        _shown[change.ResourceId] = state;
        if (before == state || (before is null && state == KnownResourceStates.NotStarted))
            return;
        var source = state == ResourceTable.NotHealthyYet ? change.Snapshot.Source : null;
        var details = string.Join(", ", ((string?[])[source, change.Snapshot.Reason]).Where(part => !string.IsNullOrEmpty(part)));
        var line = details.Length > 0 ? $"{state}: {details}" : state;
        _output.WriteLine($"{_output.Tag(change.ResourceId)} {(change.Snapshot.State?.Style == KnownResourceStateStyles.Error ? _output.Bad(line) : line)}");
    }

    private List<ResourceEvent> InOrder() => [.. notifications.Current
        .OrderBy(state => model.Resources.IndexOf(state.Resource)).ThenBy(state => state.ResourceId, StringComparer.Ordinal)];
}
