using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>A server that runs as a child process: started, watched until it listens, and cleaned up after.</summary>
internal sealed class ServerProcess : ILaunched
{
    private const int KeptLines = 30;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly ILaunched _process;
    private readonly DataMount? _data;
    private readonly Queue<string> _lastLines;

    private ServerProcess(ILaunched process, DataMount? data, Queue<string> lastLines)
    {
        _process = process;
        _data = data;
        _lastLines = lastLines;
    }

    public int? ProcessId => _process.ProcessId;
    public Task<int> Exited => _process.Exited;

    /// <exception cref="ServerFailedException">The program could not be started, or one of its ports is taken.</exception>
    public static async Task<ServerProcess> StartAsync(
        ProcessRequest request, IReadOnlyList<int> ports, DataMount? data, RealisationContext context, CancellationToken cancellationToken)
    {
        var lastLines = new Queue<string>();
        void Keep(OutputLine line)
        {
            lock (lastLines)
            {
                lastLines.Enqueue(line.Text);
                if (lastLines.Count > KeptLines)
                    lastLines.Dequeue();
            }

            request.OnOutput(line);
        }

        try
        {
            foreach (var port in ports)
                LoopbackPorts.EnsureFree(port, "the resource's port setting");
            return new ServerProcess(await context.Launcher.LaunchAsync(request with { OnOutput = Keep }, cancellationToken).ConfigureAwait(false), data, lastLines);
        }
        catch (Exception failed) when (failed is LaunchFailedException or PortTakenException)
        {
            throw new ServerFailedException(failed.Message);
        }
    }

    /// <summary>Waits until <paramref name="isReady"/>; a server that ends or hangs instead is stopped.</summary>
    /// <exception cref="ServerFailedException">It ended, or was not ready within <paramref name="limit"/>; the message has its last words.</exception>
    public async Task WaitUntilReadyAsync(
        Func<CancellationToken, Task<bool>> isReady, TimeSpan limit, RealisationContext context, CancellationToken cancellationToken)
    {
        var start = context.Clock.GetTimestamp();
        try
        {
            while (!await isReady(cancellationToken).ConfigureAwait(false))
            {
                if (Exited.IsCompleted)
                    throw new ServerFailedException($"it ended right after its start with exit code {await Exited.ConfigureAwait(false)}, saying: {LastWords()}");
                if (context.Clock.GetElapsedTime(start) > limit)
                    throw new ServerFailedException($"it did not accept connections within {limit.TotalSeconds:0} s. Its last words: {LastWords()}");
                await Task.Delay(PollInterval, context.Clock, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>True when something on the loopback port accepts a connection.</summary>
    public static async Task<bool> AcceptsAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        await _process.StopAsync(grace, cancellationToken).ConfigureAwait(false);
        DeleteTemporaryData();
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync().ConfigureAwait(false);
        DeleteTemporaryData();
    }

    private void DeleteTemporaryData()
    {
        if (_data is { IsTemporary: true } && Directory.Exists(_data.Folder))
            Directory.Delete(_data.Folder, recursive: true);
    }

    private string LastWords()
    {
        lock (_lastLines)
        {
            var telling = _lastLines.Where(line => line.Contains("FATAL", StringComparison.Ordinal) || line.Contains("PANIC", StringComparison.Ordinal)
                || line.Contains("HINT", StringComparison.Ordinal) || line.Contains("rror", StringComparison.Ordinal)).ToList();
            return string.Join(" | ", (telling.Count > 0 ? telling : [.. _lastLines]).TakeLast(6).Select(line => line.Trim()));
        }
    }
}
