using System.Diagnostics;
using System.Globalization;
using SimulationManager.Benchmarks.Mqtt;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Benchmarks.Dds;

/// <summary>
/// A fleet whose agents are nodes in a DDS domain: how long messages take from when they are due until an independent Cyclone DDS subscriber has them, by the
/// same clock, beside a bare loop in C; how late the engine is with and without the endpoint; and how long a subscriber that comes later takes to find all writers.
/// </summary>
internal static class DdsFleet
{
    private const int Bytes = 200;

    public static async Task<int> RunAsync(string[] args)
    {
        var agents = Arguments.Number(args, 0, 1000);
        var perSecond = Arguments.Number(args, 1, 20);
        var seconds = Arguments.Number(args, 2, 10);
        using var engine = new ReplayEngine(new ReplayOptions(), TimeProvider.System);
        foreach (var isReliable in new[] { true, false })
        {
            await PlayAnchorAsync(agents, perSecond, seconds, isReliable);
            await PlayAsync(engine, agents, perSecond, seconds, isReliable);
        }
        await DiscoverAsync(engine, agents: 500, topics: 5);
        return 0;
    }

    private static async Task PlayAnchorAsync(int agents, double perSecond, int seconds, bool isReliable)
    {
        var load = new MqttLoad(0, agents, (int)(perSecond * seconds), Bytes, Properties: false);
        using var listener = DdsPeer.Listen("time");
        using var publisher = DdsPeer.Publish(load, isReliable, agents * perSecond);
        await publisher.WaitForExitAsync();
        WriteHeard($"bare loop in C, {agents} writers x {perSecond:0.#}/s, {NameOf(isReliable)}", load, await DdsPeer.HeardAsync(listener));
    }

    /// <summary>Plays with the endpoint and without.</summary>
    private static async Task PlayAsync(ReplayEngine engine, int agents, double perSecond, int seconds, bool isReliable)
    {
        var load = new MqttLoad(0, agents, (int)(perSecond * seconds), Bytes, Properties: false);
        var timeline = load.Timeline(perSecond);
        // Robots do not all speak at the same moment.
        var play = new CohortPlay
        {
            Key = "",
            Timeline = timeline,
            InstanceIds = load.Numbers,
            RepeatCount = 1,
            RepeatLatched = false,
            Fleet = new FleetPlan { FirstAgent = 1, Agents = agents, Ramp = TimeSpan.FromSeconds(1 / perSecond) },
        };
        var without = await LatenessAsync(engine, play);
        using var listener = DdsPeer.Listen("time");
        await using var output = await DdsLoad.OpenAsync(engine, load, timeline, $"subscribers=1&reliability={(isReliable ? "reliable" : "bestEffort")}", StampMode.Now);
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var with = await LatenessAsync(engine, play with { Output = output });
        await output.DrainAsync(load.Numbers, TimeSpan.FromSeconds(10));
        var used = Process.GetCurrentProcess().TotalProcessorTime - processor;
        WriteHeard($"{agents} agents x {perSecond:0.#}/s, {NameOf(isReliable)}, {output.Status()[0].Counts.LostTotal} lost", load, await DdsPeer.HeardAsync(listener));
        Write($"  engine lateness p99: {with.Percentile(0.99) / 1000.0:0.00} ms with the endpoint, {without.Percentile(0.99) / 1000.0:0.00} ms without; processor, of one core: {used.TotalSeconds / seconds * 100:0} %");
    }

    private static async Task<LatenessHistogram> LatenessAsync(ReplayEngine engine, CohortPlay play)
    {
        GC.Collect();
        var cohort = engine.CreateCohort(play with { Key = Guid.NewGuid().ToString() });
        var before = await engine.LatenessAsync();
        await cohort.BeginAsync(TimeSpan.FromHours(1));
        await cohort.Ended;
        return (await engine.LatenessAsync()).Since(before);
    }

    private static async Task DiscoverAsync(ReplayEngine engine, int agents, int topics)
    {
        var load = new MqttLoad(0, agents, topics, Bytes, Properties: false);
        var one = load.Timeline(perSecond: 1);
        var timeline = new ReplayTimeline(
            [.. Enumerable.Range(0, topics).Select(one.PositionOf)], [.. Enumerable.Range(0, topics).Select(index => (ushort)index)], [.. Enumerable.Repeat(Bytes, topics)],
            [.. Enumerable.Range(1, topics).Select(number => $"/topic_{number}")], one.Duration)
        {
            Types = [.. Enumerable.Repeat(one.Types[0], topics)],
        };
        var watch = Stopwatch.StartNew();
        await using var output = await DdsLoad.OpenAsync(engine, load, timeline, "subscribers=0");
        var opened = watch.Elapsed.TotalSeconds;
        watch.Restart();
        using var listener = DdsPeer.Listen(kind: null);
        for (var found = 0; found < agents * topics;)
        {
            var line = await listener.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The subscriber ended when it had found {found} writers.");
            if (line.StartsWith("P ", StringComparison.Ordinal) && line.Contains(" rt/", StringComparison.Ordinal)) found++;
        }
        Write($"{agents} agents x {topics} topics: {agents * topics} writers made in {opened:0.0} s, found by a subscriber {watch.Elapsed.TotalSeconds:0.0} s after its start");
        listener.Kill();
    }

    private static void WriteHeard(FormattableString what, MqttLoad load, DdsPeer.Heard heard)
    {
        Write($"{what.ToString(CultureInfo.InvariantCulture)}: {heard.Count} of {load.Total} received");
        Write($"  due to received: p50 {heard.Took.P50 / 1000.0:0.00} ms   p99 {heard.Took.P99 / 1000.0:0.00} ms   max {heard.Took.Max / 1000.0:0.0} ms");
    }

    private static string NameOf(bool isReliable) => isReliable ? "reliable" : "best effort";

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
