using System.Diagnostics;
using System.Globalization;

namespace SimulationManager.Benchmarks.Pods;

/// <summary>Rows of the table: least and most of all rounds.</summary>
internal sealed class ResourceRows
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string Pod, string Phase), List<Sample>> _rows = [];

    /// <summary>All that the processes took until now, which is their start.</summary>
    public void AddStart(IEnumerable<(string Pod, int Process)> pods)
    {
        foreach (var (pod, process) in pods) Add(pod, "start until healthy", new Sample(ProcessUsage.ProcessorSeconds(process), null, ProcessUsage.Memory(process)));
    }

    /// <summary>What the processes take while something is done: processor time, and the most memory that was seen.</summary>
    public async Task MeasureAsync(string phase, (string Pod, int Process)[] pods, Func<Task> action)
    {
        var before = pods.Select(pod => ProcessUsage.ProcessorSeconds(pod.Process)).ToArray();
        var memory = new long[pods.Length];
        var started = Stopwatch.GetTimestamp();
        var running = action();
        do
        {
            for (var i = 0; i < pods.Length; i++) memory[i] = Math.Max(memory[i], ProcessUsage.Memory(pods[i].Process));
        }
        while (await Task.WhenAny(running, Task.Delay(SampleInterval)) != running);
        await running;
        var elapsed = Stopwatch.GetElapsedTime(started);
        for (var i = 0; i < pods.Length; i++) Add(pods[i].Pod, phase, new Sample(ProcessUsage.ProcessorSeconds(pods[i].Process) - before[i], elapsed, memory[i]));
    }

    /// <summary>Writes them as Markdown.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine("| pod | doing | CPU | memory |");
        output.WriteLine("| --- | --- | --- | --- |");
        foreach (var ((pod, phase), samples) in _rows.OrderBy(row => row.Key.Pod, StringComparer.Ordinal))
        {
            var processor = samples[0].Elapsed is null
                ? $"{Range(samples.Select(sample => sample.ProcessorSeconds), "0.0")} s in all"
                : $"{Range(samples.Select(sample => sample.ProcessorSeconds / sample.Elapsed!.Value.TotalSeconds * 1000), "0")}m";
            output.WriteLine($"| {pod} | {phase} | {processor} | {Range(samples.Select(sample => sample.Memory / 1048576.0), "0")} MiB |");
        }
    }

    private void Add(string pod, string phase, Sample sample)
    {
        if (!_rows.TryGetValue((pod, phase), out var samples)) _rows[(pod, phase)] = samples = [];
        samples.Add(sample);
    }

    private static string Range(IEnumerable<double> values, string format)
    {
        var (least, most) = (values.Min().ToString(format, CultureInfo.InvariantCulture), values.Max().ToString(format, CultureInfo.InvariantCulture));
        return least == most ? least : $"{least}–{most}";
    }

    /// <param name="ProcessorSeconds">Processor time taken.</param>
    /// <param name="Elapsed">In how much time; null at a start, whose length depends on what else the machine does.</param>
    /// <param name="Memory">The most bytes that were seen.</param>
    private sealed record Sample(double ProcessorSeconds, TimeSpan? Elapsed, long Memory);
}
