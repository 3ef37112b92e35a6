using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Npm;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Replay.Rosbridge;

/// <summary>A rosbridge server of a test's own on a free port of this machine: <c>rosbridge-server.mjs</c>, on npm <c>ws</c>.</summary>
internal sealed class RosbridgeServer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly TempFolder _folder = new();
    private readonly JsonObject _settings;
    private LineProcess? _process;

    private RosbridgeServer(JsonObject settings) => _settings = settings;

    public int Port { get; } = FreePorts.Draw();

    /// <summary>The operations that it has got since its last start, those that publish apart.</summary>
    public IReadOnlyList<JsonNode> Operations => _process!.Lines;

    /// <param name="settings">What the script takes.</param>
    public static async Task<RosbridgeServer> StartAsync(JsonObject? settings = null)
    {
        var server = new RosbridgeServer(settings ?? []);
        await server.StartAgainAsync();
        return server;
    }

    public string Address(string options = "", string scheme = "rosbridge") => $"{scheme}://127.0.0.1:{Port}/fleet{(options.Length > 0 ? $"?{options}" : "")}";

    /// <summary>Changes a setting, from the next start on.</summary>
    public void Set(string name, JsonNode value) => _settings[name] = value;

    public string PathOf(string file) => _folder[file];

    public async Task StartAgainAsync()
    {
        _settings["port"] = Port;
        _process = new LineProcess(await NpmPackages.StartAsync("rosbridge-server.mjs", [_settings.ToJsonString()]));
        await UntilAsync(operations => operations.Count > 0, "the server to listen");
    }

    /// <summary>Ends it at once, as a crash does.</summary>
    public async Task KillAsync()
    {
        await _process!.DisposeAsync();
        _process = null;
    }

    public Task SignalAsync(string signal) => _process!.SignalAsync(signal);

    public Task UntilAsync(Func<IReadOnlyList<JsonNode>, bool> condition, string what) => _process!.UntilAsync(condition, what);

    /// <summary>The operations of a name that it has got.</summary>
    public JsonNode[] OperationsOf(string name) => [.. Operations.Where(operation => (string?)operation["op"] == name)];

    /// <summary>Subscribes with npm roslib, and waits until the server knows of it.</summary>
    /// <param name="type">The type of the topics.</param>
    /// <param name="topics">The topics.</param>
    /// <param name="pause">Milliseconds that it does nothing after each message.</param>
    public async Task<LineProcess> ListenAsync(string type, IReadOnlyCollection<string> topics, int pause = 0)
    {
        var before = OperationsOf("subscribe").Length;
        var listener = new LineProcess(await NpmPackages.StartAsync("rosbridge-listener.mjs", [$"ws://127.0.0.1:{Port}{_settings["path"] ?? "/"}", $"{{\"pause\":{pause}}}", .. topics.SelectMany(topic => new[] { topic, type })]));
        await UntilAsync(_ => OperationsOf("subscribe").Length == before + topics.Count, "the subscriptions");
        return listener;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        _folder.Dispose();
    }

    /// <summary>A script of node's, and the JSON that it has written, a line each.</summary>
    internal sealed class LineProcess : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly Task<string> _errors;
        private readonly List<JsonNode> _lines = [];

        public LineProcess(Process process)
        {
            _process = process;
            _errors = process.StandardError.ReadToEndAsync();
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
        }

        public IReadOnlyList<JsonNode> Lines
        {
            get
            {
                lock (_lines) return [.. _lines];
            }
        }

        public async Task UntilAsync(Func<IReadOnlyList<JsonNode>, bool> condition, string what)
        {
            try
            {
                await Wait.UntilAsync(() => _process.HasExited || condition(Lines), Limit, what);
            }
            catch (TimeoutException late)
            {
                throw new TimeoutException($"{late.Message} There were {Lines.Count} lines, the last one {(Lines is [.., var last] ? last.ToJsonString() : "none")}", late);
            }
            if (!condition(Lines)) throw new InvalidOperationException($"The script ended before {what}: {await _errors}");
        }

        public Task SignalAsync(string signal) => _process.SignalAsync(signal);

        public async ValueTask DisposeAsync() => await _process.EndAsync();

        private void Keep(string? line)
        {
            if (line is null) return;
            try
            {
                var node = JsonNode.Parse(line)!;
                lock (_lines) _lines.Add(node);
            }
            catch (JsonException)
            {
                // Half a line: it was killed while it wrote. An exception here would end the test process.
            }
        }
    }
}
