using System.Globalization;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>A running container, its log followed.</summary>
internal sealed class Container : ILaunched
{
    private const int KeptLines = 20;

    private static readonly TimeSpan DisposeGrace = TimeSpan.FromSeconds(5);

    private readonly ContainerRuntime _runtime;
    private readonly string _name;
    private readonly bool _isPersistent;
    private readonly ILaunched _log;
    private readonly ILaunched _wait;
    private readonly Queue<string> _lastLines;
    private int _isRemoved;

    private Container(ContainerRuntime runtime, string name, bool isPersistent, ILaunched log, ILaunched wait, Task<int> exited, Queue<string> lastLines)
    {
        _runtime = runtime;
        _name = name;
        _isPersistent = isPersistent;
        _log = log;
        _wait = wait;
        _lastLines = lastLines;
        Exited = exited;
    }

    public int? ProcessId => null;

    public Task<int> Exited { get; }

    public string LastWords
    {
        get
        {
            lock (_lastLines)
                return string.Join(" | ", _lastLines.TakeLast(5));
        }
    }

    public static async Task<Container> AttachAsync(ContainerRuntime runtime, string name, ServerRequest request, RealisationContext context, CancellationToken cancellationToken)
    {
        var lastLines = new Queue<string>();
        void Keep(OutputLine line)
        {
            lock (lastLines)
            {
                lastLines.Enqueue(line.Text.Trim());
                if (lastLines.Count > KeptLines)
                    lastLines.Dequeue();
            }

            request.OnOutput(line);
        }

        var exitCode = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = await runtime.FollowAsync(["logs", "-f", name], Keep, cancellationToken).ConfigureAwait(false);
        var wait = await runtime.FollowAsync(["wait", name], line =>
        {
            if (int.TryParse(line.Text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code))
                exitCode.TrySetResult(code);
        }, cancellationToken).ConfigureAwait(false);
        return new Container(runtime, name, request.IsPersistent, log, wait, EndAsync(wait, exitCode), lastLines);
    }

    /// <summary>Stops and removes the container; one that is persistent is left to run.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (!_isPersistent && Interlocked.Exchange(ref _isRemoved, 1) == 0)
        {
            var seconds = Math.Max(1, (int)Math.Ceiling(grace.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await _runtime.RunAsync(["stop", "-t", seconds, _name], cancellationToken).ConfigureAwait(false);
            await _runtime.RunAsync(["rm", "-f", "-v", _name], cancellationToken).ConfigureAwait(false);
        }

        await _log.DisposeAsync().ConfigureAwait(false);
        await _wait.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync(DisposeGrace, CancellationToken.None).ConfigureAwait(false);

    /// <summary>Removes it whatever its lifetime, because it did not start as it should.</summary>
    public async Task RemoveAsync()
    {
        await _runtime.RunAsync(["rm", "-f", "-v", _name], CancellationToken.None).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<int> EndAsync(ILaunched wait, TaskCompletionSource<int> exitCode)
    {
        var code = await wait.Exited.ConfigureAwait(false);
        exitCode.TrySetResult(code);
        return await exitCode.Task.ConfigureAwait(false);
    }
}
