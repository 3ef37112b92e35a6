using System.Diagnostics;
using System.Net.Sockets;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Benchmarks.Mqtt;

/// <summary>A mosquitto of a benchmark's own on a free port of this machine.</summary>
internal sealed class LocalMosquitto : IAsyncDisposable
{
    private const string Path = "/usr/sbin/mosquitto";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mqtt-benchmark-");
    private readonly Process _process;

    private LocalMosquitto()
    {
        var config = System.IO.Path.Combine(_folder.FullName, "mosquitto.conf");
        File.WriteAllText(config, $"user root\nlistener {Port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\npersistence false\nset_tcp_nodelay true\n");
        _process = Process.Start(new ProcessStartInfo(Path, ["-c", config]) { RedirectStandardError = true })!;
        _process.BeginErrorReadLine();
    }

    public int Port { get; } = FreePorts.Draw();

    /// <summary>The process's processor time so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <exception cref="InvalidOperationException">It is not installed, or does not start.</exception>
    public static async Task<LocalMosquitto> StartAsync()
    {
        if (!File.Exists(Path)) throw new InvalidOperationException($"{Path} is missing: install Debian's mosquitto.");
        var broker = new LocalMosquitto();
        for (var attempt = 0; attempt < 100; attempt++)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync("127.0.0.1", broker.Port);
                return broker;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }
        await broker.DisposeAsync();
        throw new InvalidOperationException("mosquitto does not listen.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
