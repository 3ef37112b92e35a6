using System.Globalization;

namespace SimulationManager.Worker.Telemetry.Usage;

/// <summary>What a process may use.</summary>
/// <param name="Processors">Processors; a control group may allow a part of one.</param>
/// <param name="MemoryBytes">Bytes of memory.</param>
public sealed record ComputeLimits(double Processors, long MemoryBytes)
{
    private const string Groups = "/sys/fs/cgroup";
    private const string Unlimited = "max";

    /// <summary>The tightest limits on this process: of its control group (version 2) and those above it, and of the machine.</summary>
    public static ComputeLimits OfThisProcess() => Read(OwnGroup(), Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>The tightest of the machine's limits and those of a control group and its parents.</summary>
    internal static ComputeLimits Read(string? group, double processors, long memory, string root = Groups)
    {
        for (var folder = group; folder is not null && folder.StartsWith(root, StringComparison.Ordinal); folder = Path.GetDirectoryName(folder))
        {
            // "<microseconds>|max <period>" and "<bytes>|max".
            if (ReadWords(Path.Combine(folder, "cpu.max")) is [var quota, var period] && quota != Unlimited)
                processors = Math.Min(processors, Number(quota) / Number(period));
            if (ReadWords(Path.Combine(folder, "memory.max")) is [var bytes] && bytes != Unlimited)
                memory = (long)Math.Min(memory, Number(bytes));
        }
        return new ComputeLimits(processors, memory);
    }

    private static string? OwnGroup()
    {
        const string Prefix = "0::";
        if (!File.Exists("/proc/self/cgroup")) return null;
        var line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith(Prefix, StringComparison.Ordinal));
        return line is null ? null : Path.TrimEndingDirectorySeparator(Path.Join(Groups, line[Prefix.Length..]));
    }

    private static string[] ReadWords(string path) => File.Exists(path) ? File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
