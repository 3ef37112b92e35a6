using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;
using SimulationManager.Benchmarks.Mqtt;
using SimulationManager.Replay;

namespace SimulationManager.Benchmarks.Dds;

/// <summary>
/// Messages per second that reach a Cyclone DDS subscriber on this machine, in turn from a bare C loop on the same library with the same settings, from
/// agents, and from <c>ddsperf</c>, Cyclone's own measure, which has one writer. The subscriber, a process of its own, counts from the first message to the last.
/// </summary>
internal static partial class DdsSpeed
{
    public static async Task<int> RunAsync(string[] args)
    {
        var agents = Arguments.Number(args, 2, 100);
        var messages = Arguments.Number(args, 0, 200_000) / agents;
        var rounds = Arguments.Number(args, 1, 5);
        using var engine = new ReplayEngine(new ReplayOptions(), TimeProvider.System);
        Console.WriteLine($"{messages * agents} messages by {agents} agents to one Cyclone DDS subscriber over loopback, {rounds} rounds; {Environment.ProcessorCount} processors");
        foreach (var (bytes, share) in new[] { (200, 1), (65_536, 50), (1_000_000, 500) })
        {
            foreach (var isReliable in new[] { false, true })
            {
                var load = new MqttLoad(0, agents, Math.Max(2, messages / share), bytes, Properties: false);
                await CompareAsync(engine, load with { Messages = load.Messages / PassesOf(load) * PassesOf(load) }, isReliable, rounds);
            }
        }
        return 0;
    }

    private static async Task CompareAsync(ReplayEngine engine, MqttLoad load, bool isReliable, int rounds)
    {
        // The first run of each pays for compiling and for memory.
        await AnchorAsync(load, isReliable);
        await OursAsync(engine, load, isReliable);
        var all = new List<(DdsPeer.Heard Anchor, DdsPeer.Heard Ours, double? DdsPerf)>();
        for (var round = 0; round < rounds; round++)
        {
            var anchor = round % 2 == 0 ? await AnchorAsync(load, isReliable) : null;
            var ours = await OursAsync(engine, load, isReliable);
            all.Add((anchor ?? await AnchorAsync(load, isReliable), ours, await DdsPerfAsync(load, isReliable)));
        }
        Write($"{load.Bytes} bytes, {(isReliable ? "reliable" : "best effort")}: ratio to the C loop {Ratios(all.Select(run => run.Ours.Rate / run.Anchor.Rate))}");
        WriteSide("C loop", load, [.. all.Select(run => run.Anchor)]);
        WriteSide("agents", load, [.. all.Select(run => run.Ours)]);
        if (all.All(run => run.DdsPerf is not null))
            Write($"  ddsperf{Median(all.Select(run => run.DdsPerf!.Value)),10:0} messages/s; ratio of agents to it {Ratios(all.Select(run => run.Ours.Rate / run.DdsPerf!.Value))}");
    }

    private static void WriteSide(string name, MqttLoad load, DdsPeer.Heard[] heard) => Write(
        $"  {name} {Median(heard.Select(run => run.Rate)),10:0} messages/s, {Median(heard.Select(run => run.Rate * load.Bytes / 1e6)),6:0.0} MB/s; received {heard.Min(run => (double)run.Count / load.Total):P1} at least");

    private static async Task<DdsPeer.Heard> AnchorAsync(MqttLoad load, bool isReliable)
    {
        using var listener = DdsPeer.Listen("count");
        using var publisher = DdsPeer.Publish(load, isReliable);
        await publisher.WaitForExitAsync();
        if (publisher.ExitCode != 0) throw new InvalidOperationException("The bare loop failed.");
        return await DdsPeer.HeardAsync(listener);
    }

    private static async Task<DdsPeer.Heard> OursAsync(ReplayEngine engine, MqttLoad load, bool isReliable)
    {
        // All that is due at once waits in the queue.
        var passes = PassesOf(load);
        var timeline = (load with { Messages = load.Messages / passes }).Timeline(perSecond: 1e9);
        using var listener = DdsPeer.Listen("count");
        await using var output = await DdsLoad.OpenAsync(engine, load, timeline, $"subscribers=1&reliability={(isReliable ? "reliable" : "bestEffort")}&queue={Math.Min(load.Total, 1 << 20)}");
        var cohort = engine.CreateCohort(new CohortPlay { Key = Guid.NewGuid().ToString(), Timeline = timeline, InstanceIds = load.Numbers, RepeatCount = passes, RepeatLatched = false, Output = output });
        GC.Collect();
        await cohort.BeginAsync(TimeSpan.FromHours(1));
        await cohort.Ended;
        await output.CompleteAsync(TimeSpan.FromMinutes(1));
        var counts = output.Status()[0].Counts;
        if (counts.Out != load.Total || counts.LostTotal > 0) throw new InvalidOperationException($"{counts.Out} of {load.Total} messages went out, {counts.LostTotal} were lost.");
        return await DdsPeer.HeardAsync(listener);
    }

    /// <summary>How often agents play a recording that fits into memory, as the C loop's message does.</summary>
    private static int PassesOf(MqttLoad load)
    {
        const int bytesOfRecording = 16 << 20;
        return Math.Max(1, load.Messages / Math.Clamp(bytesOfRecording / load.Bytes, 1, 1000));
    }

    /// <summary>Messages per second that its subscriber gets, from the first second's end on; null: it is not installed (Debian: cyclonedds-tools).</summary>
    private static async Task<double?> DdsPerfAsync(MqttLoad load, bool isReliable)
    {
        string[] options = isReliable ? ["-i", $"{DdsPeer.Domain}"] : ["-u", "-i", $"{DdsPeer.Domain}"];
        try
        {
            using var subscriber = DdsPeer.Start("ddsperf", [.. options, "-D", "4", "sub"]);
            using var publisher = DdsPeer.Start("ddsperf", [.. options, "-D", "3.5", "pub", "size", $"{load.Bytes}"]);
            // It says more than fits into a pipe's buffer.
            var said = publisher.StandardOutput.ReadToEndAsync();
            var totals = Total().Matches(await subscriber.StandardOutput.ReadToEndAsync()).Select(match => (At: Number(match, 1), Count: Number(match, 2))).Where(total => total.At < 3.5).ToArray();
            await said;
            if (totals.Length < 2) throw new InvalidOperationException("ddsperf tells no totals.");
            return (totals[^1].Count - totals[0].Count) / (totals[^1].At - totals[0].At);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\[\d+\] ([\d.]+)\s+size \d+ total (\d+) ", RegexOptions.Multiline)]
    private static partial Regex Total();

    private static string Ratios(IEnumerable<double> ratios) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median(ratios):0.00}   ({string.Join(" ", ratios.Select(ratio => ratio.ToString("0.00", CultureInfo.InvariantCulture)))})");

    private static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToArray();
        return ordered[ordered.Length / 2];
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
