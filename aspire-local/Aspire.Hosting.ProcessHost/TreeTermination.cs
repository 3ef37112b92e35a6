using System.Diagnostics;

namespace Aspire.Hosting.ProcessHost;

/// <summary>Ends a process with all that it started: asks first, then kills.</summary>
internal static class TreeTermination
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Asks <paramref name="root"/> to end and leaves its descendants to it as long as it lives. <paramref name="marker"/> is the
    /// environment entry (<c>NAME=value</c>) by which they are found wherever they went.
    /// </summary>
    public static async Task EndAsync(ProcessIdentity root, string marker, bool interrupt, TimeSpan grace, TimeProvider clock)
    {
        if (!OperatingSystem.IsLinux())
        {
            await EndWithoutProcAsync(root.Pid, interrupt, grace, clock).ConfigureAwait(false);
            return;
        }

        var known = ProcessTable.FindTree([root], marker);
        UnixCalls.Signal(ProcessTable.IsAlive(root) ? root.Pid : 0, interrupt ? UnixCalls.Interrupt : UnixCalls.Terminate);
        await WaitUntilAsync(() => !ProcessTable.IsAlive(root), grace, clock).ConfigureAwait(false);

        known.UnionWith(ProcessTable.FindTree([root], marker));
        await EndAllAsync(known, marker, grace < OrphanGrace ? grace : OrphanGrace, clock).ConfigureAwait(false);
    }

    /// <summary>Ends every one of <paramref name="known"/> and whoever carries the marker: SIGTERM, and SIGKILL after the grace.</summary>
    public static async Task<int> EndAllAsync(IReadOnlyCollection<ProcessIdentity> known, string marker, TimeSpan grace, TimeProvider clock)
    {
        var alive = known.Where(ProcessTable.IsAlive).ToList();
        if (!OperatingSystem.IsLinux())
        {
            await Task.WhenAll(alive.Select(process => EndWithoutProcAsync(process.Pid, interrupt: false, grace, clock))).ConfigureAwait(false);
            return alive.Count;
        }

        if (alive.Count > 0)
        {
            Signal(alive, UnixCalls.Terminate);
            await WaitUntilAsync(() => !alive.Exists(ProcessTable.IsAlive), grace, clock).ConfigureAwait(false);
        }

        await WaitUntilAsync(() => KillRest(known, marker) == 0, KillLimit, clock).ConfigureAwait(false);
        return alive.Count;
    }

    private static int KillRest(IReadOnlyCollection<ProcessIdentity> known, string marker)
    {
        var rest = ProcessTable.FindTree(known, marker);
        Signal(rest, UnixCalls.Kill);
        return rest.Count;
    }

    private static void Signal(IEnumerable<ProcessIdentity> processes, int signal)
    {
        foreach (var process in processes.Where(ProcessTable.IsAlive))
            UnixCalls.Signal(process.Pid, signal);
    }

    /// <summary>macOS has signals but no /proc; Windows has neither, so there the tree is killed at once.</summary>
    private static async Task EndWithoutProcAsync(int pid, bool interrupt, TimeSpan grace, TimeProvider clock)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            if (!OperatingSystem.IsWindows())
            {
                UnixCalls.Signal(pid, interrupt ? UnixCalls.Interrupt : UnixCalls.Terminate);
                await WaitUntilAsync(() => process.HasExited, grace, clock).ConfigureAwait(false);
            }

            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It has ended by itself, which is what was wanted.
        }
    }

    private static async Task WaitUntilAsync(Func<bool> condition, TimeSpan limit, TimeProvider clock)
    {
        var start = clock.GetTimestamp();
        while (!condition() && clock.GetElapsedTime(start) < limit)
            await Task.Delay(PollInterval, clock).ConfigureAwait(false);
    }
}
