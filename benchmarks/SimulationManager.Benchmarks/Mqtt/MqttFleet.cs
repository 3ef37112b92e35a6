using System.Diagnostics;
using System.Globalization;
using SimulationManager.Replay;

namespace SimulationManager.Benchmarks.Mqtt;

/// <summary>
/// A fleet with a connection for each agent at a local mosquitto: how long it takes to connect, what it costs in memory, and how long messages take from
/// when they are due until an independent subscriber has them, by the same clock, beside a bare loop in C with as many connections. The agents' messages
/// are spread evenly over the time between two.
/// </summary>
internal static class MqttFleet
{
    private const int Bytes = 200;
    private const string OwnConnections = "connection=agent&keepAlive=60";

    public static async Task<int> RunAsync(string[] args)
    {
        var agents = Arguments.Number(args, 0, 5000);
        var seconds = Arguments.Number(args, 1, 10);
        var rate = Arguments.Number(args, 2, 50_000);
        using var engine = new ReplayEngine(new ReplayOptions(), TimeProvider.System);
        await using (var broker = await LocalMosquitto.StartAsync())
        {
            // So that what is counted below is the fleet's, not the library's.
            var one = new MqttLoad(0, 1, 10, Bytes, true);
            await using (var first = one.Open(engine, one.Timeline(10), broker.Port, OwnConnections)) await first.ReadyAsync(CancellationToken.None);
            await ConnectAsync(engine, broker, agents);
        }

        // What the machine takes, with the broker and the subscriber on it, is found from above.
        foreach (var share in new[] { 1, 0.75, 0.5 })
        {
            await PlayAnchorAsync(agents, rate * share, seconds);
            await PlayAsync(engine, "own connections", OwnConnections, agents, rate * share / agents, seconds);
        }
        await PlayAsync(engine, "own connections", OwnConnections, 1000, 20, seconds);
        await PlayAsync(engine, "one connection", "connection=shared", 1000, 20, seconds);
        return 0;
    }

    private static async Task ConnectAsync(ReplayEngine engine, LocalMosquitto broker, int agents)
    {
        var load = new MqttLoad(0, agents, 10, Bytes, true);
        var timeline = load.Timeline(perSecond: 10);
        var before = Memory();
        var watch = Stopwatch.StartNew();
        await using var output = load.Open(engine, timeline, broker.Port, OwnConnections);
        await output.ReadyAsync(CancellationToken.None);
        var connected = watch.Elapsed.TotalSeconds;
        var status = output.Status()[0];
        // Messages have been sent, too: that is when an agent's queue and buffers are there.
        var cohort = engine.CreateCohort(Play(timeline, load, output));
        await cohort.BeginAsync(TimeSpan.FromHours(1));
        await cohort.Ended;
        await output.DrainAsync(load.Numbers, TimeSpan.FromSeconds(30));
        var after = Memory();
        Write($"{agents} agents, a connection each: {status.Connected} connected in {connected:0.0} s{(status.Error is null ? "" : $" ({status.Error})")}");
        Write($"  memory an agent: {(after.Heap - before.Heap) / 1024.0 / agents:0.0} KiB of heap, {(after.WorkingSet - before.WorkingSet) / 1024.0 / agents:0.0} KiB of working set");
    }

    private static async Task PlayAnchorAsync(int agents, double rate, int seconds)
    {
        var load = new MqttLoad(0, agents, (int)(rate * seconds / agents), Bytes, true);
        await using var broker = await LocalMosquitto.StartAsync();
        if (await MqttAnchor.PlayFleetAsync(broker.Port, load, rate, TimeSpan.FromSeconds(6 * seconds)) is not var (heard, processor))
        {
            Write($"bare loop in C, {agents} connections, {rate:0}/s: not all received");
            return;
        }
        Write($"bare loop in C, {agents} connections, {rate:0}/s: {heard.Count} received in {(heard.Last - heard.First) / 1e9:0.0} s");
        Write($"  due to received: p50 {heard.P50 / 1000.0:0.0} ms   p99 {heard.P99 / 1000.0:0.0} ms   max {heard.Max / 1000.0:0.0} ms");
        Write($"  processor, of one core: loop {processor.TotalSeconds / seconds * 100:0} %, broker {broker.ProcessorTime.TotalSeconds / seconds * 100:0} %");
    }

    /// <summary>Plays with sinks and without.</summary>
    private static async Task PlayAsync(ReplayEngine engine, string name, string options, int agents, double perSecond, int seconds)
    {
        var load = new MqttLoad(0, agents, (int)(perSecond * seconds), Bytes, true);
        var timeline = load.Timeline(perSecond);
        // Robots do not all speak at the same moment.
        var fleet = new FleetPlan { FirstAgent = 1, Agents = agents, Ramp = TimeSpan.FromSeconds(1 / perSecond) };
        var without = await LatenessAsync(engine, Play(timeline, load, output: null) with { Fleet = fleet });
        await using var broker = await LocalMosquitto.StartAsync();
        await using var output = load.Open(engine, timeline, broker.Port, options);
        await output.ReadyAsync(CancellationToken.None);
        using var listener = await MqttAnchor.ListenAsync(broker.Port, load.Total, MqttLoad.AllTopics);
        var processor = (Own: Process.GetCurrentProcess().TotalProcessorTime, Broker: broker.ProcessorTime);
        var with = await LatenessAsync(engine, Play(timeline, load, output) with { Fleet = fleet });
        await output.DrainAsync(load.Numbers, TimeSpan.FromSeconds(10));
        var used = (Own: Process.GetCurrentProcess().TotalProcessorTime - processor.Own, Broker: broker.ProcessorTime - processor.Broker);
        // What the broker still holds is on its way.
        var heard = await listener.HeardAsync(TimeSpan.FromSeconds(2 * seconds)) ?? await listener.StopAsync();
        var counts = output.Status()[0].Counts;
        var took = (heard.Last - heard.First) / 1e9;
        var reached = heard.Count == load.Total && took < seconds * 1.05;
        Write($"{agents} agents x {perSecond:0.#}/s, {name}: {heard.Count} of {load.Total} received in {took:0.0} s, {counts.LostTotal} lost{(reached ? "" : "   MORE THAN IS TAKEN")}");
        Write($"  due to received: p50 {heard.P50 / 1000.0:0.0} ms   p99 {heard.P99 / 1000.0:0.0} ms   max {heard.Max / 1000.0:0.0} ms");
        Write($"  engine lateness p99: {with.Percentile(0.99) / 1000.0:0.00} ms with sinks, {without.Percentile(0.99) / 1000.0:0.00} ms without");
        Write($"  processor, of one core: agents {used.Own.TotalSeconds / seconds * 100:0} %, broker {used.Broker.TotalSeconds / seconds * 100:0} %");
    }

    private static async Task<LatenessHistogram> LatenessAsync(ReplayEngine engine, CohortPlay play)
    {
        GC.Collect();
        var cohort = engine.CreateCohort(play);
        var before = await engine.LatenessAsync();
        await cohort.BeginAsync(TimeSpan.FromHours(1));
        await cohort.Ended;
        return (await engine.LatenessAsync()).Since(before);
    }

    private static CohortPlay Play(ReplayTimeline timeline, MqttLoad load, CohortOutput? output) => new()
    {
        Key = Guid.NewGuid().ToString(),
        Timeline = timeline,
        InstanceIds = load.Numbers,
        RepeatCount = 1,
        RepeatLatched = false,
        Output = output,
    };

    private static (long Heap, long WorkingSet) Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return (GC.GetTotalMemory(forceFullCollection: true), Process.GetCurrentProcess().WorkingSet64);
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
