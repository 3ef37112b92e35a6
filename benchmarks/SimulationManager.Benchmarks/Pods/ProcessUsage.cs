using System.Globalization;

namespace SimulationManager.Benchmarks.Pods;

/// <summary>Processor time and memory of a process and its children, as Linux counts them.</summary>
internal static class ProcessUsage
{
    /// <summary><c>USER_HZ</c>, which is 100 on every architecture that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Processor seconds of a process and its children since they started, those that ended and were waited for included.</summary>
    public static double ProcessorSeconds(int root) => Tree(root).Sum(process => process.Ticks) / TicksPerSecond;

    /// <summary>Memory in bytes; what processes share, such as PostgreSQL's buffers, counts once.</summary>
    public static long Memory(int root) => Tree(root).Sum(process => ProportionalBytes(process.Id));

    /// <summary>The process whose command line a test recognises.</summary>
    /// <exception cref="InvalidOperationException">There is none, or more than one.</exception>
    public static int Find(Predicate<string> isIt) => Ids().Single(id => isIt(Read(id, "cmdline").Replace('\0', ' ')));

    private static List<Entry> Tree(int root)
    {
        var all = Ids().Select(Parse).OfType<Entry>().ToLookup(process => process.Parent);
        var tree = new List<Entry>();
        if (Parse(root) is { } first) tree.Add(first);
        for (var at = 0; at < tree.Count; at++) tree.AddRange(all[tree[at].Id]);
        return tree;
    }

    private static IEnumerable<int> Ids() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    /// <summary>Source: proc_pid_stat(5). The name may hold spaces and parentheses, so fields are counted from its last one.</summary>
    private static Entry? Parse(int id)
    {
        var line = Read(id, "stat");
        if (line.Length == 0) return null;
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return new Entry(id, (int)Number(fields[1]), fields[11..15].Sum(Number));
    }

    private static long ProportionalBytes(int id) => Read(id, "smaps_rollup").Split('\n')
        .Where(line => line.StartsWith("Pss:", StringComparison.Ordinal))
        .Sum(line => Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <param name="Id">Process.</param>
    /// <param name="Parent">Who started it.</param>
    /// <param name="Ticks">Processor time of its own and of children that ended.</param>
    private sealed record Entry(int Id, int Parent, long Ticks);
}
