using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Benchmarks.Pods;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>
/// Viewers of all agents of a run at once, <c>/fleet/transforms</c>: how often they get the picture, how old the positions in it are, and what that costs. In the
/// recording a robot drives 1 m/s, so that a position says when its message was due; one agent's own channel says when they began.
/// </summary>
internal static class FleetViewers
{
    private const int OdometryRate = 20;
    private const int Seconds = 120;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] args)
    {
        var agents = Arguments.Number(args, 0, 1000);
        var length = TimeSpan.FromSeconds(Arguments.Number(args, 1, 20));
        var many = Arguments.Number(args, 2, 10);
        await using var system = await ApiUnderLoad.StartAsync();
        var folder = Path.Combine(system.Folder, "drive");
        WriteBag(folder);
        var template = await system.UploadAsync(folder, "/odom");
        // The first run pays for compiling.
        foreach (var viewers in new[] { 1, 0, 1, many, 0, 1, many }) await MeasureAsync(system, template, agents, viewers, length);
        return 0;
    }

    private static void WriteBag(string folder)
    {
        var codec = new MessageCodec(BuiltInDefinitions.Find("nav_msgs/msg/Odometry", RosDistro.Kilted)!);
        using var bag = BagWriter.Create(folder);
        var topic = bag.AddTopic(new BagTopic { Name = "/odom", Type = "nav_msgs/msg/Odometry" });
        for (var message = 0; message < OdometryRate * Seconds; message++)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(new { header = new { frame_id = "odom" }, pose = new { pose = new { position = new { x = message / (double)OdometryRate }, orientation = new { w = 1 } } } });
            bag.Write(topic, 1_000_000_000L + (message * (1_000_000_000L / OdometryRate)), codec.Encode(codec.ReadJson(json)));
        }
        bag.Complete();
    }

    private static async Task MeasureAsync(ApiUnderLoad system, long template, int agents, int viewers, TimeSpan length)
    {
        var simulation = await system.CreateSimulationAsync("parallel", new { groups = new[] { new { templateId = template, autonomousAgentCount = agents, executionTime = 3600, repeatCount = 1 } } });
        var execution = (long)(await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/start"))["executionId"]!;
        await Task.Delay(Settling);
        var address = LiveViewer.AddressOf(system, simulation, execution, "1");
        Viewer[] watching = [.. Enumerable.Range(0, viewers).Select(_ => new Viewer())];
        await Task.WhenAll(watching.Select(viewer => viewer.ConnectAsync(address)));
        await Task.Delay(Settling);
        var cost = await LiveViewer.CountAsync(system, watching, length);
        await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/execution/{execution}/stop");
        var report = await system.SendAsync(HttpMethod.Get, $"/api/simulation/{simulation}/execution/{execution}/report");
        var (look, due) = (new LatenessHistogram(), new LatenessHistogram());
        foreach (var viewer in watching) viewer.AddAges(look, due);
        Write($"{agents} agents, {viewers} viewers of all of them: {watching.Select(viewer => viewer.Pictures / cost.Seconds).DefaultIfEmpty().Average():0.0} messages/s each, {watching.Select(viewer => viewer.Positions / (double)Math.Max(1, viewer.Pictures)).DefaultIfEmpty().Average():0} positions in each");
        if (viewers > 0) Write($"  looked to received p50 {look.Percentile(0.5) / 1000.0:0.0} ms p99 {look.Percentile(0.99) / 1000.0:0.0} ms; due to received p50 {due.Percentile(0.5) / 1000.0:0.0} ms p99 {due.Percentile(0.99) / 1000.0:0.0} ms");
        Write($"  engine lateness {report["lateness"]!.ToJsonString()}; API {cost.Api:0.00} cores, worker {cost.Worker:0.00} cores");
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Subscribes to the picture and to one agent's odometry, and takes the time of each picture and of some positions in it.</summary>
    private sealed class Viewer : LiveViewer
    {
        private const uint Picture = 1, Odometry = 2;

        private readonly ConcurrentBag<(long Received, long Looked, double X)> _seen = [];
        private readonly FieldAccessor _x = new(BuiltInDefinitions.Find("nav_msgs/msg/Odometry", RosDistro.Kilted)!, "pose.pose.position.x");
        private long _began;

        public long Pictures { get; private set; }

        public long Positions { get; private set; }

        public void AddAges(LatenessHistogram look, LatenessHistogram due)
        {
            foreach (var (received, looked, x) in _seen)
            {
                look.Record(Math.Max(0, received - looked));
                due.Record(Math.Max(0, received - (_began + (long)(x * 1e9))));
            }
        }

        protected override async Task ReadAsync()
        {
            var buffer = new byte[64 * 1024];
            using var frame = new MemoryStream();
            while (true)
            {
                var read = await Socket.ReceiveAsync(buffer, Stopping);
                frame.Write(buffer, 0, read.Count);
                if (!read.EndOfMessage) continue;
                var content = frame.GetBuffer().AsMemory(0, (int)frame.Length);
                if (read.MessageType == WebSocketMessageType.Binary) Take(content.Span);
                else await SubscribeAsync(JsonNode.Parse(content.Span)!);
                frame.SetLength(0);
            }
        }

        private void Take(ReadOnlySpan<byte> frame)
        {
            var received = DateTimeOffset.UtcNow.ToUnixNanoseconds();
            // Frames of time and playback are shorter.
            if (frame.Length < 13 || frame[0] != 1) return;
            var (subscription, time) = (BinaryPrimitives.ReadUInt32LittleEndian(frame[1..]), BinaryPrimitives.ReadInt64LittleEndian(frame[5..]));
            var payload = frame[13..];
            if (subscription == Odometry && _began == 0) _began = time - (long)(_x.ReadNumber(payload) * 1e9);
            if (subscription != Picture || !IsCounting) return;
            Pictures++;
            var count = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
            Positions += count;
            var body = payload[4..];
            var place = 4;
            for (var index = 0; index < count; index++)
            {
                place = ((place + 3) & ~3) + 8;
                place += 4 + BinaryPrimitives.ReadInt32LittleEndian(body[place..]);
                place = (place + 3) & ~3;
                place += 4 + BinaryPrimitives.ReadInt32LittleEndian(body[place..]);
                place = (place + 7) & ~7;
                if (index % 50 == 0) _seen.Add((received, time, BinaryPrimitives.ReadDoubleLittleEndian(body[place..])));
                place += 56;
            }
        }

        private async Task SubscribeAsync(JsonNode operation)
        {
            if ((string)operation["op"]! != "advertise") return;
            await SubscribeAsync(operation["channels"]!.AsArray().Select(channel => (Id: (string)channel!["topic"]! switch
            {
                "/fleet/transforms" => Picture,
                var topic when topic.EndsWith("/odom", StringComparison.Ordinal) => Odometry,
                _ => 0u,
            }, (int)channel["id"]!)).Where(subscription => subscription.Id > 0));
        }
    }
}
