using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Benchmarks.Pods;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>
/// Viewers of one run over WebSockets (Foxglove's protocol), all on this machine: how late agents are with and without them, how long messages take from
/// when they are due until a viewer has them, by the same clock, and what that costs the API and the worker.
/// </summary>
internal static class Viewers
{
    private const int WatchedAgents = 20;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] args)
    {
        var viewers = Arguments.Number(args, 0, 50);
        var agents = Arguments.Number(args, 1, 1000);
        var length = TimeSpan.FromSeconds(Arguments.Number(args, 2, 20));
        await using var system = await ApiUnderLoad.StartAsync();
        var load = ReplayCase.All.Single(load => load.Name == "replay-10000");
        load.OpenBag().Dispose();
        string topics;
        using (var bag = BagReader.Open(load.Folder)) topics = string.Join(',', bag.Topics.Select(topic => topic.Name));
        var template = await system.UploadAsync(load.Folder, topics);
        // The first run pays for compiling.
        foreach (var (reading, halted) in new[] { (viewers, 0), (0, 0), (viewers, 0), (viewers, 1), (0, 0), (viewers, 0), (viewers, 1) })
            await MeasureAsync(system, template, agents, reading, halted, length);
        return 0;
    }

    private static async Task MeasureAsync(ApiUnderLoad system, long template, int agents, int reading, int halted, TimeSpan length)
    {
        var simulation = await system.CreateSimulationAsync("parallel", new { groups = new[] { new { templateId = template, autonomousAgentCount = agents, executionTime = 3600, repeatCount = 1000 } } });
        var execution = (long)(await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/start"))["executionId"]!;
        await Task.Delay(Settling);
        var address = new Uri($"ws://{system.Client.BaseAddress!.Authority}/api/simulation/{simulation}/execution/{execution}/live?agents=1-{WatchedAgents}&access_token={system.AccessToken}");
        var viewers = await Task.WhenAll(Enumerable.Range(0, reading + halted).Select(number => Viewer.ConnectAsync(address, isHalted: number >= reading)));
        await Task.Delay(Settling);
        var (api, worker, watch) = (ProcessUsage.ProcessorSeconds(system.ApiProcess), ProcessUsage.ProcessorSeconds(system.WorkerProcess), Stopwatch.StartNew());
        foreach (var viewer in viewers) viewer.IsCounting = true;
        await Task.Delay(length);
        foreach (var viewer in viewers) viewer.IsCounting = false;
        var seconds = watch.Elapsed.TotalSeconds;
        (api, worker) = ((ProcessUsage.ProcessorSeconds(system.ApiProcess) - api) / seconds, (ProcessUsage.ProcessorSeconds(system.WorkerProcess) - worker) / seconds);
        foreach (var viewer in viewers) await viewer.DisposeAsync();
        await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/execution/{execution}/stop");
        var report = await system.SendAsync(HttpMethod.Get, $"/api/simulation/{simulation}/execution/{execution}/report");
        var seen = new LatenessHistogram();
        foreach (var viewer in viewers) seen.Add(viewer.DueToReceived);
        Write($"{agents} agents, {reading} viewers of {WatchedAgents} of them{(halted > 0 ? $", {halted} that does not read" : "")}: {seen.Count / seconds:0} messages/s, due to received p50 {seen.Percentile(0.5) / 1000.0:0.0} ms p99 {seen.Percentile(0.99) / 1000.0:0.0} ms");
        Write($"  engine lateness {report["lateness"]!.ToJsonString()}; API {api:0.00} cores, worker {worker:0.00} cores");
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Subscribes to every channel that it is told of, and takes the time of each message; or reads nothing from then on.</summary>
    private sealed class Viewer : IAsyncDisposable
    {
        private readonly ClientWebSocket _socket = new();
        private readonly CancellationTokenSource _stopping = new();
        private readonly bool _isHalted;
        private Task _reading = Task.CompletedTask;
        private int _channels;

        private Viewer(bool isHalted) => _isHalted = isHalted;

        public LatenessHistogram DueToReceived { get; } = new();

        public bool IsCounting { get; set; }

        public static async Task<Viewer> ConnectAsync(Uri address, bool isHalted)
        {
            var viewer = new Viewer(isHalted);
            viewer._socket.Options.AddSubProtocol("foxglove.sdk.v1");
            await viewer._socket.ConnectAsync(address, CancellationToken.None);
            viewer._reading = viewer.ReadAsync();
            return viewer;
        }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _socket.Dispose();
            _stopping.Dispose();
        }

        private async Task ReadAsync()
        {
            var buffer = new byte[64 * 1024];
            using var text = new MemoryStream();
            while (!_isHalted || _channels == 0)
            {
                var read = await _socket.ReceiveAsync(buffer, _stopping.Token);
                if (read.MessageType == WebSocketMessageType.Binary)
                {
                    // Stamps are in the first frame of a message, and these messages are one frame each.
                    if (IsCounting && buffer[0] == 1) DueToReceived.Record(Math.Max(0, ((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100) - BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(5))));
                    continue;
                }
                text.Write(buffer, 0, read.Count);
                if (!read.EndOfMessage) continue;
                await SubscribeAsync(JsonNode.Parse(text.ToArray())!);
                text.SetLength(0);
            }
            await Task.Delay(Timeout.Infinite, _stopping.Token);
        }

        private async Task SubscribeAsync(JsonNode operation)
        {
            if ((string)operation["op"]! != "advertise") return;
            var subscriptions = operation["channels"]!.AsArray().Select(channel => new { id = ++_channels, channelId = (int)channel!["id"]! });
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { op = "subscribe", subscriptions }), WebSocketMessageType.Text, endOfMessage: true, _stopping.Token);
        }
    }
}
