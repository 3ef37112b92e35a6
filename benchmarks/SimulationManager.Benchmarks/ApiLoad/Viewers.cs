using System.Buffers.Binary;
using System.Globalization;
using System.Net.WebSockets;
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
        var address = LiveViewer.AddressOf(system, simulation, execution, $"1-{WatchedAgents}");
        Viewer[] viewers = [.. Enumerable.Range(0, reading + halted).Select(number => new Viewer(isHalted: number >= reading))];
        await Task.WhenAll(viewers.Select(viewer => viewer.ConnectAsync(address)));
        await Task.Delay(Settling);
        var cost = await LiveViewer.CountAsync(system, viewers, length);
        await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/execution/{execution}/stop");
        var report = await system.SendAsync(HttpMethod.Get, $"/api/simulation/{simulation}/execution/{execution}/report");
        var seen = new LatenessHistogram();
        foreach (var viewer in viewers) seen.Add(viewer.DueToReceived);
        Write($"{agents} agents, {reading} viewers of {WatchedAgents} of them{(halted > 0 ? $", {halted} that does not read" : "")}: {seen.Count / cost.Seconds:0} messages/s, due to received p50 {seen.Percentile(0.5) / 1000.0:0.0} ms p99 {seen.Percentile(0.99) / 1000.0:0.0} ms");
        Write($"  engine lateness {report["lateness"]!.ToJsonString()}; API {cost.Api:0.00} cores, worker {cost.Worker:0.00} cores");
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Subscribes to every channel that it is told of, and takes the time of each message; or reads nothing from then on.</summary>
    private sealed class Viewer(bool isHalted) : LiveViewer
    {
        private uint _channels;

        public LatenessHistogram DueToReceived { get; } = new();

        protected override async Task ReadAsync()
        {
            var buffer = new byte[64 * 1024];
            using var text = new MemoryStream();
            while (!isHalted || _channels == 0)
            {
                var read = await Socket.ReceiveAsync(buffer, Stopping);
                if (read.MessageType == WebSocketMessageType.Binary)
                {
                    // Stamps are in the first frame of a message, and these messages are one frame each.
                    if (IsCounting && buffer[0] == 1) DueToReceived.Record(Math.Max(0, DateTimeOffset.UtcNow.ToUnixNanoseconds() - BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(5))));
                    continue;
                }
                text.Write(buffer, 0, read.Count);
                if (!read.EndOfMessage) continue;
                await SubscribeAsync(JsonNode.Parse(text.ToArray())!);
                text.SetLength(0);
            }
            await Task.Delay(Timeout.Infinite, Stopping);
        }

        private async Task SubscribeAsync(JsonNode operation)
        {
            if ((string)operation["op"]! != "advertise") return;
            await SubscribeAsync([.. operation["channels"]!.AsArray().Select(channel => (++_channels, (int)channel!["id"]!))]);
        }
    }
}
