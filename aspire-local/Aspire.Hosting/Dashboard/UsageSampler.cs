using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Dashboard;

/// <summary>Measures what resources use. On Linux a resource is its process with all descendants, elsewhere its process alone.</summary>
internal sealed class UsageSampler(TimeProvider clock)
{
    // The unit of /proc/<pid>/stat: USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;
    private readonly Dictionary<string, (double CpuSeconds, long Timestamp)> _before = new(StringComparer.OrdinalIgnoreCase);

    public UsageView[] Sample(IEnumerable<(string Resource, int ProcessId)> processes)
    {
        var wanted = processes.ToArray();
        var table = OperatingSystem.IsLinux() && wanted.Length > 0 ? ReadTable() : null;
        var samples = new List<UsageView>();
        foreach (var (resource, processId) in wanted)
        {
            if ((table is null ? MeasureAlone(processId) : MeasureTree(table, processId)) is not var (cpuSeconds, memory))
                continue;
            var now = clock.GetTimestamp();
            var percent = _before.TryGetValue(resource, out var before) && cpuSeconds >= before.CpuSeconds
                ? 100 * (cpuSeconds - before.CpuSeconds) / Math.Max(0.001, clock.GetElapsedTime(before.Timestamp, now).TotalSeconds)
                : 0;
            _before[resource] = (cpuSeconds, now);
            samples.Add(new UsageView(resource, clock.GetUtcNow(), Math.Round(percent, 1), memory));
        }

        return [.. samples];
    }

    private static (double CpuSeconds, long MemoryBytes)? MeasureTree(ILookup<int, Entry> byParent, int root)
    {
        if (ReadEntry(root) is not { } first)
            return null;
        double ticks = 0;
        long pages = 0;
        var pending = new Stack<Entry>([first]);
        while (pending.TryPop(out var entry))
        {
            ticks += entry.CpuTicks;
            pages += entry.ResidentPages;
            foreach (var child in byParent[entry.ProcessId])
                pending.Push(child);
        }

        return (ticks / TicksPerSecond, pages * Environment.SystemPageSize);
    }

    private static (double CpuSeconds, long MemoryBytes)? MeasureAlone(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return (process.TotalProcessorTime.TotalSeconds, process.WorkingSet64);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    private static ILookup<int, Entry> ReadTable() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? ReadEntry(id) : null)
        .OfType<Entry>()
        .ToLookup(entry => entry.Parent);

    private static Entry? ReadEntry(int processId)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{processId}/stat");
            // The second field is the program's name in brackets and may itself hold spaces and brackets.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Entry(
                processId,
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture),
                long.Parse(fields[21], CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record Entry(int ProcessId, int Parent, long CpuTicks, long ResidentPages);
}
