using Aspire.Hosting.ProcessHost;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>A program could not be started at all.</summary>
internal sealed class LaunchFailedException(string message) : Exception(message);

/// <summary>A child of the process host, seen from the AppHost.</summary>
internal sealed class LaunchedProcess(int id, string name, ProcessHostClient host, Action<OutputLine> onOutput) : ILaunched
{
    /// <summary>What a shell reports for SIGKILL: the child was ended with its host.</summary>
    private const int KilledExitCode = 137;

    private static readonly TimeSpan DisposeGrace = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isStopRequested;

    public int Id => id;
    public int? ProcessId { get; private set; }
    public Task Started => _started.Task;
    public Task<int> Exited => _exited.Task;

    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isStopRequested, 1) == 0 && !_stopped.Task.IsCompleted)
            await host.RequestStopAsync(id, grace, cancellationToken).ConfigureAwait(false);
        await _stopped.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        await _exited.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync(DisposeGrace, CancellationToken.None).ConfigureAwait(false);

    public void Hear(HostEvent happened)
    {
        switch (happened.Kind)
        {
            case HostEventKind.Started:
                ProcessId = happened.ProcessId;
                _started.TrySetResult();
                break;
            case HostEventKind.Failed:
                _started.TrySetException(new LaunchFailedException($"'{name}' could not be started: {happened.Text}"));
                End(-1);
                break;
            case HostEventKind.Line:
                onOutput(new OutputLine(happened.Time, happened.IsError, happened.Text ?? ""));
                break;
            case HostEventKind.Exited:
                _exited.TrySetResult(happened.ExitCode);
                break;
            case HostEventKind.Stopped when happened.Text is { } trouble:
                _stopped.TrySetException(new InvalidOperationException($"'{name}' could not be stopped: {trouble}"));
                break;
            case HostEventKind.Stopped:
                _stopped.TrySetResult();
                break;
        }
    }

    public void OnHostLost()
    {
        _started.TrySetException(new LaunchFailedException($"'{name}' could not be started: the process host has ended."));
        End(KilledExitCode);
    }

    private void End(int exitCode)
    {
        _exited.TrySetResult(exitCode);
        _stopped.TrySetResult();
    }
}
