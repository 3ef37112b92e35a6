using System.Diagnostics;
using System.Globalization;
using SimulationManager.Replay;

namespace SimulationManager.Benchmarks;

/// <summary>The engine alone, on its own threads and the real clock: lateness, processor time, memory and allocation per message.</summary>
internal static class ReplayEngineOnly
{
    /// <summary>How much later, in microseconds, the median message may go out at the end of a run than at its beginning.</summary>
    private const long MaxDrift = 1_000;

    public static async Task<int> RunAsync(ReplayCase load, string[] args)
    {
        var seconds = Arguments.Number(args, 0, load.Seconds);
        using var recording = load.OpenBag();
        var timeline = load.TimelineOf(recording);
        using var engine = new ReplayEngine(new ReplayOptions(), TimeProvider.System);
        var cohort = engine.CreateCohort(new CohortPlay
        {
            Key = load.Name,
            Timeline = timeline,
            InstanceIds = [.. Enumerable.Range(1, load.Agents).Select(id => (long)id)],
            RepeatCount = int.MaxValue,
        });
        GC.Collect();
        var process = Process.GetCurrentProcess();
        await cohort.BeginAsync(TimeSpan.FromHours(10));
        var began = Stopwatch.GetTimestamp();

        // The first second pays for compiling and for faulting memory in; it is shown apart.
        await Task.Delay(TimeSpan.FromSeconds(1));
        var first = await engine.LatenessAsync();
        var (processor, allocated, sent) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes(precise: true), engine.MessagesOut);
        var edge = TimeSpan.FromSeconds(seconds / 10.0);
        await Task.Delay(edge);
        var beginning = (await engine.LatenessAsync()).Since(first);
        await Task.Delay(TimeSpan.FromSeconds(seconds) - (2 * edge));
        var middle = await engine.LatenessAsync();
        await Task.Delay(edge);
        var last = await engine.LatenessAsync();
        var (ending, lateness) = (last.Since(middle), last.Since(first));
        process.Refresh();
        var messages = engine.MessagesOut - sent;
        var bytes = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var planned = (double)timeline.Count / timeline.Duration * 1e9 * load.Agents;
        await cohort.StopAsync();

        Write($"{load.Name}: {load.Agents} agents x {planned / load.Agents:0.#} messages/s on {Environment.ProcessorCount} processors, {seconds} s");
        Write($"  messages/s   planned {planned:0}   sent {messages / (elapsed - 1):0}   dropped {engine.Dropped}");
        Write($"  lateness us  p50 {lateness.Percentile(0.5)}   p99 {lateness.Percentile(0.99)}   p99.9 {lateness.Percentile(0.999)}   max {lateness.Max}   (first second: p99 {first.Percentile(0.99)}, max {first.Max})");
        var drift = ending.Percentile(0.5) - beginning.Percentile(0.5);
        Write($"  drift us     {drift} (p50 of the first {edge.TotalSeconds:0} s {beginning.Percentile(0.5)}, of the last {ending.Percentile(0.5)})");
        Write($"  processor    {(process.TotalProcessorTime - processor).TotalSeconds / (elapsed - 1) * 100:0.0} % of one core   working set {process.WorkingSet64 >> 20} MiB");
        Write($"  allocation   {(double)bytes / messages:0.0000} bytes per message ({bytes} bytes in all, this report's own included)");
        var reached = (load.TargetP99 is not { } target || lateness.Percentile(0.99) <= target) && Math.Abs(drift) < MaxDrift && engine.Dropped == 0;
        var wanted = load.TargetP99 is { } p99 ? FormattableString.Invariant($"p99 <= {p99} us, ") : "";
        Write($"  target       {wanted}drift < {MaxDrift} us, none dropped: {(reached ? "reached" : "MISSED")}");
        return reached ? 0 : 1;
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
