using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.ProcessHost;

/// <summary>A process told apart from a later one with the same number by its start time (Linux: clock ticks since boot; elsewhere: UTC ticks).</summary>
internal readonly record struct ProcessIdentity(int Pid, long StartTime);

/// <summary>Linux: the process table as /proc shows it. Elsewhere only single processes can be looked at, not trees.</summary>
internal static class ProcessTable
{
    private readonly record struct Entry(ProcessIdentity Identity, int Parent, char State);

    public static string BootId =>
        OperatingSystem.IsLinux() && File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "";

    /// <summary>The identity of a live process; its start time is 0 when there is none.</summary>
    public static ProcessIdentity Identify(int pid) => OperatingSystem.IsLinux()
        ? Read(pid)?.Identity ?? new ProcessIdentity(pid, 0)
        : new ProcessIdentity(pid, StartTimeWithoutProc(pid));

    /// <summary>True while that very process exists and is more than a zombie.</summary>
    public static bool IsAlive(ProcessIdentity process)
    {
        if (process.StartTime == 0)
            return false;
        return OperatingSystem.IsLinux()
            ? Read(process.Pid) is { State: not ('Z' or 'X') } entry && entry.Identity == process
            : StartTimeWithoutProc(process.Pid) == process.StartTime;
    }

    /// <summary>Live processes below the roots, and those whose environment carries <paramref name="marker"/> with their descendants.</summary>
    public static HashSet<ProcessIdentity> FindTree(IEnumerable<ProcessIdentity> roots, string marker)
    {
        var table = ReadAll();
        var found = table.Where(entry => HasMarker(entry.Identity.Pid, marker)).Select(entry => entry.Identity).ToHashSet();
        var wanted = roots.ToHashSet();
        found.UnionWith(table.Where(entry => wanted.Contains(entry.Identity)).Select(entry => entry.Identity));
        AddDescendants(table, found);
        found.Remove(Identify(Environment.ProcessId));
        return found;
    }

    /// <summary>Zombies whose parent is this process.</summary>
    public static HashSet<ProcessIdentity> OwnZombies() =>
        [.. ReadAll(includeZombies: true).Where(entry => entry.State == 'Z' && entry.Parent == Environment.ProcessId).Select(entry => entry.Identity)];

    public static IEnumerable<ProcessIdentity> OwnDescendants()
    {
        var table = ReadAll();
        var self = Identify(Environment.ProcessId);
        var found = new HashSet<ProcessIdentity> { self };
        AddDescendants(table, found);
        found.Remove(self);
        return found;
    }

    private static void AddDescendants(List<Entry> table, HashSet<ProcessIdentity> found)
    {
        var pids = found.Select(process => process.Pid).ToHashSet();
        var before = -1;
        while (before != pids.Count)
        {
            before = pids.Count;
            foreach (var entry in table.Where(entry => pids.Contains(entry.Parent)))
            {
                pids.Add(entry.Identity.Pid);
                found.Add(entry.Identity);
            }
        }
    }

    private static List<Entry> ReadAll(bool includeZombies = false)
    {
        var entries = new List<Entry>();
        if (!OperatingSystem.IsLinux())
            return entries;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Read(pid) is { } entry && (includeZombies || entry.State is not ('Z' or 'X')))
                entries.Add(entry);
        }

        return entries;
    }

    private static Entry? Read(int pid)
    {
        if (!OperatingSystem.IsLinux() || ReadText($"/proc/{pid}/stat") is not { } text)
            return null;

        // The second field is the program's name in brackets and may itself hold spaces and brackets.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new Entry(
            new ProcessIdentity(pid, long.Parse(fields[19], CultureInfo.InvariantCulture)),
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            fields[0][0]);
    }

    private static bool HasMarker(int pid, string marker) =>
        ReadText($"/proc/{pid}/environ") is { } environment && environment.Split('\0').Contains(marker);

    private static long StartTimeWithoutProc(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.HasExited ? 0 : process.StartTime.ToUniversalTime().Ticks;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return 0;
        }
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
