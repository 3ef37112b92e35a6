using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Benchmarks.Mqtt;
using SimulationManager.Replay;

namespace SimulationManager.Benchmarks.Dds;

/// <summary>
/// Messages per second that reach a Cyclone DDS subscriber on this machine, in turn from a bare C loop on the same library with the same settings and from
/// agents. The subscriber, a process of its own, counts from the first message to the last.
/// </summary>
internal static class DdsSpeed
{
    private const int Agents = 100;
    private const int Domain = 101;

    private const string Configuration = "<CycloneDDS><Domain Id=\"any\"><General><Interfaces><NetworkInterface name=\"lo\"/></Interfaces><AllowMulticast>false</AllowMulticast></General>"
        + "<Discovery><ParticipantIndex>auto</ParticipantIndex><Peers><Peer address=\"127.0.0.1\"/></Peers></Discovery></Domain></CycloneDDS>";

    private static readonly Lazy<string> s_peer = new(Compile);

    public static async Task<int> RunAsync(string[] args)
    {
        var messages = Arguments.Number(args, 0, 200_000) / Agents;
        var rounds = Arguments.Number(args, 1, 5);
        using var engine = new ReplayEngine(new ReplayOptions(), TimeProvider.System);
        Console.WriteLine($"{messages * Agents} messages by {Agents} agents to one Cyclone DDS subscriber over loopback, {rounds} pairs; {Environment.ProcessorCount} processors");
        foreach (var (bytes, share) in new[] { (200, 1), (65_536, 50), (1_000_000, 500) })
        {
            foreach (var isReliable in new[] { false, true })
            {
                var load = new MqttLoad(0, Agents, Math.Max(2, messages / share), bytes, Properties: false);
                await CompareAsync(engine, load, isReliable, rounds);
            }
        }
        return 0;
    }

    private static async Task CompareAsync(ReplayEngine engine, MqttLoad load, bool isReliable, int rounds)
    {
        // The first run of each pays for compiling and for memory.
        await AnchorAsync(load, isReliable);
        await OursAsync(engine, load, isReliable);
        var pairs = new List<(Heard Anchor, Heard Ours)>();
        for (var round = 0; round < rounds; round++)
        {
            var anchor = round % 2 == 0 ? await AnchorAsync(load, isReliable) : null;
            var ours = await OursAsync(engine, load, isReliable);
            pairs.Add((anchor ?? await AnchorAsync(load, isReliable), ours));
        }
        var ratios = pairs.Select(pair => pair.Ours.Rate / pair.Anchor.Rate).ToArray();
        Write($"{load.Bytes} bytes, {(isReliable ? "reliable" : "best effort")}: median ratio {Median(ratios):0.00}   ({string.Join(" ", ratios.Select(ratio => ratio.ToString("0.00", CultureInfo.InvariantCulture)))})");
        WriteSide("C loop", load, [.. pairs.Select(pair => pair.Anchor)]);
        WriteSide("agents", load, [.. pairs.Select(pair => pair.Ours)]);
    }

    private static void WriteSide(string name, MqttLoad load, Heard[] heard) => Write(
        $"  {name} {Median(heard.Select(run => run.Rate)),9:0} messages/s, {Median(heard.Select(run => run.Rate * load.Bytes / 1e6)),6:0.0} MB/s; received {heard.Min(run => (double)run.Count / load.Total):P1} at least");

    private static async Task<Heard> AnchorAsync(MqttLoad load, bool isReliable)
    {
        using var listener = Start("count");
        using var publisher = Start("publish", $"{Agents}", $"{load.Total}", $"{load.Bytes}", isReliable ? "1" : "0");
        await publisher.WaitForExitAsync();
        if (publisher.ExitCode != 0) throw new InvalidOperationException("The bare loop failed.");
        return await HeardAsync(listener);
    }

    private static async Task<Heard> OursAsync(ReplayEngine engine, MqttLoad load, bool isReliable)
    {
        // All that is due at once waits in the queue.
        var timeline = load.Timeline(perSecond: 1e9);
        using var listener = Start("count");
        var plan = new OutputPlan
        {
            Simulation = "7",
            Endpoints = OutputEndpoint.ParseAll([$"dds://?domain={Domain}&interface=lo&peers=127.0.0.1&subscribers=1&reliability={(isReliable ? "reliable" : "bestEffort")}&queue={Math.Min(load.Total, 1 << 20)}"]),
            Process = "benchmark",
            Clock = engine.Clock,
            Time = TimeProvider.System,
            Loggers = NullLoggerFactory.Instance,
        };
        await using var output = new CohortOutput(plan, timeline, load.Numbers);
        await output.ReadyAsync(CancellationToken.None);
        if (output.Status()[0].Error is { } error) throw new InvalidOperationException(error);
        var cohort = engine.CreateCohort(new CohortPlay { Key = Guid.NewGuid().ToString(), Timeline = timeline, InstanceIds = load.Numbers, RepeatCount = 1, RepeatLatched = false, Output = output });
        GC.Collect();
        await cohort.BeginAsync(TimeSpan.FromHours(1));
        await cohort.Ended;
        await output.CompleteAsync(TimeSpan.FromMinutes(1));
        var counts = output.Status()[0].Counts;
        if (counts.Out != load.Total || counts.LostTotal > 0) throw new InvalidOperationException($"{counts.Out} of {load.Total} messages went out, {counts.LostTotal} were lost.");
        return await HeardAsync(listener);
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(s_peer.Value, [$"{Domain}", .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        Environment = { ["CYCLONEDDS_URI"] = Configuration },
    })!;

    /// <summary>Ends a subscriber, which has what is in its buffers, and reads what it has counted.</summary>
    private static async Task<Heard> HeardAsync(Process listener)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        listener.StandardInput.Close();
        var lines = await listener.StandardOutput.ReadToEndAsync();
        var numbers = lines.Split('\n').Single(line => line.StartsWith("C ", StringComparison.Ordinal)).Split(' ');
        var count = long.Parse(numbers[1], CultureInfo.InvariantCulture);
        return new Heard(count, (count - 1) / (long.Parse(numbers[2], CultureInfo.InvariantCulture) / 1e9));
    }

    private static string Compile()
    {
        var program = Path.Combine(Path.GetTempPath(), $"dds-peer-{Environment.ProcessId}");
        try
        {
            using var compiler = Process.Start("gcc", ["-O2", "-o", program, Path.Combine(AppContext.BaseDirectory, "Dds", "listener.c"), "-lddsc"]);
            compiler.WaitForExit();
            if (compiler.ExitCode != 0) throw new InvalidOperationException("The bare loop does not compile: install Debian's cyclonedds-dev.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("gcc is missing: install Debian's gcc and cyclonedds-dev.");
        }
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(program);
        return program;
    }

    private static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToArray();
        return ordered[ordered.Length / 2];
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>What a subscriber got.</summary>
    /// <param name="Count">Messages.</param>
    /// <param name="Rate">Messages per second, from the first to the last.</param>
    private sealed record Heard(long Count, double Rate);
}
