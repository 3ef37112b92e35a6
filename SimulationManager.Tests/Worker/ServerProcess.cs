using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SimulationManager.Tests.Servers;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Worker;

/// <summary>A server that a test has started and ends.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ServerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public static ServerProcess Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        var server = new ServerProcess(new Process { StartInfo = start });
        server._process.OutputDataReceived += (_, line) => server.Keep(line.Data);
        server._process.ErrorDataReceived += (_, line) => server.Keep(line.Data);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Starts one of our services as a process, with settings in its environment, and waits until its port answers.</summary>
    /// <param name="assembly">Its file name beside the tests, such as <c>SimulationManager.Worker.dll</c>.</param>
    /// <param name="settings">Configuration keys and values.</param>
    public static async Task<(ServerProcess Process, int Port)> StartServiceAsync(string assembly, IReadOnlyDictionary<string, string?> settings)
    {
        var port = FreePorts.Draw();
        var environment = settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value);
        environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        environment["Logging__LogLevel__Default"] = "Warning";
        var process = Start("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly)], environment);
        try
        {
            await process.WaitForPortAsync(port);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }

        return (process, port);
    }

    public async Task WaitForPortAsync(int port)
    {
        await Wait.UntilAsync(
            async () =>
            {
                if (_process.HasExited) throw new InvalidOperationException($"The server ended with {_process.ExitCode}: {Output}");
                using var client = new TcpClient();
                try
                {
                    await client.ConnectAsync(IPAddress.Loopback, port);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            TimeSpan.FromMinutes(2),
            $"port {port} to answer");
    }

    /// <summary>Ends it without a chance to clean up, as a crash does.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end (SIGTERM) and waits for it.</summary>
    public Task TerminateAsync(TimeSpan within) => SignalAsync("TERM", within);

    /// <summary>Sends it a signal, such as <c>INT</c>, and waits for its end.</summary>
    public async Task SignalAsync(string signal, TimeSpan within)
    {
        await _process.SignalAsync(signal);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(within);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The server did not end within {within.TotalSeconds:0.#} s: {Output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }
}
