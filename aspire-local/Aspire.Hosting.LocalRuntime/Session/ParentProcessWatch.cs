using System.Diagnostics;
using Aspire.Hosting.ProcessHost;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>
/// Tells when the <c>dotnet run</c> that started this process was killed: it takes the terminal's place as our parent, and when
/// it dies hard nobody tells us. Only a parent that is a <c>dotnet</c> process is watched, so that a daemonised AppHost lives on.
/// </summary>
internal sealed class ParentProcessWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly int _parent;
    private readonly Action _onParentGone;
    private readonly ITimer _timer;
    private int _isTold;

    private ParentProcessWatch(int parent, Action onParentGone, TimeProvider clock)
    {
        _parent = parent;
        _onParentGone = onParentGone;
        _timer = clock.CreateTimer(_ => Check(), null, Interval, Interval);
    }

    /// <summary>Null when there is nothing to watch: on Windows, or when the parent is no <c>dotnet</c> process.</summary>
    public static ParentProcessWatch? Start(Action onParentGone, TimeProvider clock)
    {
        if (OperatingSystem.IsWindows())
            return null;
        var parent = UnixCalls.ParentProcessId;
        return IsDotnet(parent) ? new ParentProcessWatch(parent, onParentGone, clock) : null;
    }

    public void Dispose() => _timer.Dispose();

    private static bool IsDotnet(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.ProcessName == "dotnet";
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private void Check()
    {
        if (UnixCalls.ParentProcessId != _parent && Interlocked.Exchange(ref _isTold, 1) == 0)
            _onParentGone();
    }
}
