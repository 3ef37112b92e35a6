using System.Diagnostics;
using System.Text;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Servers;

/// <summary>
/// The AppHost in a process of its own, as a person starts it. It runs from its own build: the tests' folder has other versions of
/// the framework's assemblies.
/// </summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    private const string Marker = "SIMULATIONMANAGER_TEST_RUN";
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(1);

    private readonly string _run = $"{Marker}={Guid.NewGuid():N}";
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private AppHostProcess(ProcessStartInfo start, int apiPort)
    {
        Api = new Uri($"http://localhost:{apiPort}");
        start.Environment[Marker] = _run[(Marker.Length + 1)..];
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Api { get; }

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>What still runs of this AppHost: all that it started inherited the marker from it.</summary>
    public IReadOnlyList<string> Processes => [.. ProcessTable.WithEnvironment(_run).Select(number => $"{number} {ProcessTable.CommandLine(number)}")];

    /// <summary>Starts the AppHost on free ports and waits until the API has found its worker.</summary>
    public static async Task<AppHostProcess> StartAsync(TestFolder data, IReadOnlyDictionary<string, string> environment, params string[] args)
    {
        var api = FreePorts.Draw();
        // A shell that runs the tests in the background has them, and all that they start, ignore interrupts.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Path.Combine(Repository.OutputOf("AppHost"), "SimulationManager.AppHost.dll"), $"--Ports:api={api}", $"--LocalServers:DataRoot={data.Path}", .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.PathOf("SimulationManager.AppHost"),
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        start.Environment["ASPNETCORE_URLS"] = $"http://localhost:{FreePorts.Draw()}";
        start.Environment["DOTNET_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://localhost:{FreePorts.Draw()}";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var appHost = new AppHostProcess(start, api);
        try
        {
            await appHost.WaitUntilUsableAsync();
            return appHost;
        }
        catch
        {
            await appHost.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a signal to the AppHost alone and waits until nothing of it runs.</summary>
    public async Task EndAsync(string signal)
    {
        await _process.SignalAsync(signal);
        try
        {
            await Wait.UntilAsync(() => Processes.Count == 0, EndLimit, "everything to end");
        }
        catch (TimeoutException)
        {
            Assert.Fail($"After {signal} still run:\n{string.Join('\n', Processes)}\n{Output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        await Wait.UntilAsync(() => Processes.Count == 0, EndLimit, "everything to end");
        _process.Dispose();
    }

    private async Task WaitUntilUsableAsync()
    {
        using var http = new HttpClient();
        try
        {
            await Wait.UntilAsync(() => IsUsableAsync(http), StartLimit, "the API to be healthy");
        }
        catch (TimeoutException slow)
        {
            throw new InvalidOperationException(Output, slow);
        }

        await ApiFixture.WaitForWorkerAsync(Api, StartLimit);
    }

    private async Task<bool> IsUsableAsync(HttpClient http)
    {
        if (_process.HasExited) throw new InvalidOperationException($"The AppHost ended with {_process.ExitCode}: {Output}");
        try
        {
            return (await http.GetAsync(new Uri(Api, "/health"), TestContext.Current.CancellationToken)).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }
}
