using System.Diagnostics;
using System.Globalization;
using SimulationManager.Replay;

namespace SimulationManager.Benchmarks.Mqtt;

/// <summary>
/// Messages per second that reach a local mosquitto over one connection, in turn from a bare C loop on libmosquitto and from agents. They are counted from
/// the first message until an independent subscriber has the last message of each agent: by then the broker has taken all that were sent before.
/// </summary>
internal static class MqttSpeed
{
    private const int Agents = 100;
    private const int Bytes = 200;

    public static async Task<int> RunAsync(string[] args)
    {
        var messages = Arguments.Number(args, 0, 200_000) / Agents;
        var rounds = Arguments.Number(args, 1, 5);
        await using var broker = await LocalMosquitto.StartAsync();
        using var engine = new ReplayEngine(new ReplayOptions(), TimeProvider.System);
        Console.WriteLine($"{messages * Agents} messages of {Bytes} bytes by {Agents} agents over one connection to mosquitto, {rounds} pairs; {Environment.ProcessorCount} processors");
        foreach (var quality in new[] { 0, 1 })
        {
            foreach (var properties in new[] { false, true })
            {
                // An acknowledgement for each, of which the broker lets twenty wait, takes several times as long.
                var load = new MqttLoad(quality, Agents, quality == 0 ? messages : Math.Max(1, messages / 4), Bytes, properties);
                var name = $"QoS {quality}, {(properties ? "with" : "no")} user properties";
                await CompareAsync(name, "C loop", () => AnchorAsync(broker, load), "agents", () => OursAsync(engine, broker, load), rounds);
            }
        }
        var plain = new MqttLoad(0, Agents, messages, Bytes, false);
        var changes = new PayloadOptions { Stamps = StampMode.Now, Identity = AgentPattern.Parse("robot_{n:000}") };
        await CompareAsync(
            "QoS 0, stamps and names of frames changed", "as recorded", () => OursAsync(engine, broker, plain),
            "changed", () => OursAsync(engine, broker, plain, changes), rounds);
        return 0;
    }

    private static async Task CompareAsync(string name, string anchor, Func<Task<Measured>> measureAnchor, string ours, Func<Task<Measured>> measureOurs, int rounds)
    {
        // The first run of each pays for compiling and for memory.
        await measureAnchor();
        await measureOurs();
        var pairs = new List<(Measured Anchor, Measured Ours)>();
        for (var round = 0; round < rounds; round++)
        {
            // Whichever comes second may find another machine.
            if (round % 2 == 0)
            {
                var first = await measureAnchor();
                pairs.Add((first, await measureOurs()));
            }
            else
            {
                var first = await measureOurs();
                pairs.Add((await measureAnchor(), first));
            }
        }
        var ratios = pairs.Select(pair => pair.Ours.Rate / pair.Anchor.Rate).Order().ToArray();
        Write($"{name}: median ratio {ratios[ratios.Length / 2]:0.00}   ({string.Join(" ", pairs.Select(pair => (pair.Ours.Rate / pair.Anchor.Rate).ToString("0.00", CultureInfo.InvariantCulture)))})");
        WriteSide(anchor, [.. pairs.Select(pair => pair.Anchor)]);
        WriteSide(ours, [.. pairs.Select(pair => pair.Ours)]);
    }

    private static void WriteSide(string name, Measured[] measured) => Write(
        $"  {name,-12} {Median(measured.Select(run => run.Rate)),9:0} messages/s   processor us a message: {Median(measured.Select(run => run.Processor)):0.0}, broker {Median(measured.Select(run => run.Broker)):0.0}");

    private static async Task<Measured> AnchorAsync(LocalMosquitto broker, MqttLoad load)
    {
        using var listener = await MqttAnchor.ListenAsync(broker.Port, load.Agents, MqttLoad.LastTopics);
        var before = broker.ProcessorTime;
        var (began, processor) = await MqttAnchor.PublishAsync(broker.Port, load);
        return Measured.Of(load, began, await AllOf(listener), processor, broker.ProcessorTime - before);
    }

    private static async Task<Measured> OursAsync(ReplayEngine engine, LocalMosquitto broker, MqttLoad load, PayloadOptions? payloads = null)
    {
        // All that is due at once waits in the queue.
        var timeline = load.Timeline(perSecond: 1e9);
        await using var output = load.Open(engine, timeline, broker.Port, $"queue={load.Total}", payloads);
        await output.ReadyAsync(CancellationToken.None);
        var cohort = engine.CreateCohort(new CohortPlay { Key = Guid.NewGuid().ToString(), Timeline = timeline, InstanceIds = load.Numbers, RepeatCount = 1, RepeatLatched = false, Output = output });
        using var listener = await MqttAnchor.ListenAsync(broker.Port, load.Agents, MqttLoad.LastTopics);
        GC.Collect();
        var (before, own) = (broker.ProcessorTime, Process.GetCurrentProcess().TotalProcessorTime);
        var began = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        await cohort.BeginAsync(TimeSpan.FromHours(1));
        await cohort.Ended;
        await output.CompleteAsync(TimeSpan.FromMinutes(1));
        var counts = output.Status()[0].Counts;
        if (counts.Out != load.Total || counts.LostTotal > 0) throw new InvalidOperationException($"{counts.Out} of {load.Total} messages went out, {counts.LostTotal} were lost.");
        var heard = await AllOf(listener);
        return Measured.Of(load, began, heard, Process.GetCurrentProcess().TotalProcessorTime - own, broker.ProcessorTime - before);
    }

    private static async Task<MqttAnchor.Heard> AllOf(MqttAnchor listener) =>
        await listener.HeardAsync(TimeSpan.FromMinutes(1)) ?? throw new TimeoutException($"Of the last messages {(await listener.StopAsync()).Count} arrive.");

    private static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToArray();
        return ordered[ordered.Length / 2];
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>One run.</summary>
    /// <param name="Rate">Messages per second.</param>
    /// <param name="Processor">Microseconds of processor time for each message, on the side that publishes; of agents that of the whole process.</param>
    /// <param name="Broker">The same of the broker.</param>
    private sealed record Measured(double Rate, double Processor, double Broker)
    {
        public static Measured Of(MqttLoad load, long began, MqttAnchor.Heard heard, TimeSpan processor, TimeSpan broker) =>
            new(load.Total / ((heard.Last - began) / 1e9), processor.TotalMicroseconds / load.Total, broker.TotalMicroseconds / load.Total);
    }
}
