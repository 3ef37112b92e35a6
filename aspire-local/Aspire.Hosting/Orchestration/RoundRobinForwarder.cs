using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Listens on one port, and passes each connection on to the next of several processes.</summary>
internal sealed partial class RoundRobinForwarder : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _changes = new();
    private readonly List<int> _targets = [];
    private readonly List<TcpListener> _listeners = [];
    private readonly ILogger _logger;
    private readonly List<Task> _accepting;
    private int _next = -1;

    /// <exception cref="SocketException">The port is taken.</exception>
    public RoundRobinForwarder(int port, ILogger logger)
    {
        _logger = logger;
        foreach (var address in LoopbackAddresses())
        {
            var listener = new TcpListener(address, port);
            listener.Start();
            _listeners.Add(listener);
        }
        _accepting = [.. _listeners.Select(AcceptAsync)];
    }

    public void Add(int targetPort)
    {
        lock (_changes)
            if (!_targets.Contains(targetPort))
                _targets.Add(targetPort);
    }

    public void Remove(int targetPort)
    {
        lock (_changes)
            _targets.Remove(targetPort);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var listener in _listeners)
            listener.Dispose();
        await Task.WhenAll(_accepting);
        _stopping.Dispose();
    }

    private static IEnumerable<IPAddress> LoopbackAddresses()
    {
        yield return IPAddress.Loopback;
        if (!Socket.OSSupportsIPv6)
            yield break;
        using var probe = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        var works = true;
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        }
        catch (SocketException)
        {
            // The kernel knows IPv6, but this machine (a container, often) has no ::1.
            works = false;
        }
        if (works)
            yield return IPAddress.IPv6Loopback;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        var connections = new List<Task>();
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                var client = await listener.AcceptTcpClientAsync(_stopping.Token);
                connections.RemoveAll(connection => connection.IsCompleted);
                connections.Add(ForwardAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The listener was closed.
        }
        await Task.WhenAll(connections);
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var target = await ConnectAsync();
                if (target is null)
                    return;
                (client.NoDelay, target.NoDelay) = (true, true);
                var (near, far) = (client.GetStream(), target.GetStream());
                var inward = near.CopyToAsync(far, _stopping.Token);
                var outward = far.CopyToAsync(near, _stopping.Token);
                // A half-closed connection is rare in HTTP and never kept here: one end gone, both go.
                await await Task.WhenAny(inward, outward);
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                LogBroken(_logger, exception);
            }
        }
    }

    // A replica that does not answer is passed over: it may be starting, or have crashed.
    private async Task<TcpClient?> ConnectAsync()
    {
        int[] targets;
        lock (_changes)
            targets = [.. _targets];
        var start = Interlocked.Increment(ref _next) & int.MaxValue;
        for (var i = 0; i < targets.Length; i++)
        {
            var client = new TcpClient();
            try
            {
                await client.ConnectAsync("localhost", targets[(start + i) % targets.Length], _stopping.Token);
                return client;
            }
            catch (SocketException)
            {
                client.Dispose();
            }
        }
        return null;
    }

    [LoggerMessage(1, LogLevel.Debug, "A forwarded connection broke.")]
    private static partial void LogBroken(ILogger logger, Exception exception);
}
