using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SimulationManager.Replay;

/// <summary>How a lane sleeps until a deadline or until it is woken.</summary>
internal interface ILaneWait : IDisposable
{
    /// <summary>Sleeps until <paramref name="deadline"/> (nanoseconds of <paramref name="clock"/>), or less when woken.</summary>
    void Until(long deadline, ReplayClock clock);

    /// <summary>Ends the current or the next sleep; does nothing after the disposal. Any thread.</summary>
    void Wake();
}

internal static class LaneWait
{
    public static ILaneWait Create() =>
        OperatingSystem.IsLinux() && IntPtr.Size == 8 ? new LinuxLaneWait() : new PortableLaneWait();
}

/// <summary>
/// Sleeps in <c>ppoll</c> on an event descriptor: the kernel's high-resolution timer wakes within some 50 µs of the deadline,
/// where the runtime's own waits are rounded to milliseconds, and an idle lane costs nothing.
/// </summary>
internal sealed partial class LinuxLaneWait : ILaneWait
{
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const short Readable = 1;
    private const int SetTimerSlack = 29;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const long LongestSleep = 60 * NanosecondsPerSecond;

    /// <summary>Stays open while a thread writes to it: a closed descriptor's number is soon another file's.</summary>
    private readonly SafeFileHandle _event;
    private bool _slackSet;

    public LinuxLaneWait()
    {
        _event = new SafeFileHandle(EventFd(0, NonBlocking | CloseOnExec), ownsHandle: true);
        if (_event.IsInvalid) throw new InvalidOperationException($"eventfd failed with error {Marshal.GetLastPInvokeError()}.");
    }

    public unsafe void Until(long deadline, ReplayClock clock)
    {
        if (!_slackSet)
        {
            // The kernel may stretch a thread's sleeps by 50 µs unless told otherwise.
            _ = PrCtl(SetTimerSlack, 1, 0, 0, 0);
            _slackSet = true;
        }
        var left = Math.Min(deadline - clock.Now, LongestSleep);
        if (left <= 0) return;
        var poll = new PollFd { Descriptor = (int)_event.DangerousGetHandle(), Events = Readable };
        var timeout = new TimeSpec { Seconds = left / NanosecondsPerSecond, Nanoseconds = left % NanosecondsPerSecond };
        if (PPoll(&poll, 1, &timeout, null) <= 0) return;
        ulong counter;
        _ = Read(_event, &counter, sizeof(ulong));
    }

    public unsafe void Wake()
    {
        try
        {
            ulong one = 1;
            _ = Write(_event, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Nobody sleeps here any more.
        }
    }

    public void Dispose() => _event.Dispose();

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static unsafe partial int PPoll(PollFd* descriptors, nuint count, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nuint value, nuint unused3, nuint unused4, nuint unused5);

    [LibraryImport("libc", EntryPoint = "read")]
    private static unsafe partial nint Read(SafeFileHandle descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write")]
    private static unsafe partial nint Write(SafeFileHandle descriptor, void* buffer, nuint count);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

/// <summary>Sleeps in the runtime's own event, which rounds up to the operating system's timer tick (1–16 ms).</summary>
internal sealed class PortableLaneWait : ILaneWait
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly AutoResetEvent _event = new(false);

    public void Until(long deadline, ReplayClock clock)
    {
        var left = deadline - clock.Now;
        if (left <= 0) return;
        var milliseconds = Math.Min(Math.Ceiling(left / 1e6), LongestSleep.TotalMilliseconds);
        _event.WaitOne((int)milliseconds);
    }

    public void Wake()
    {
        try
        {
            _event.Set();
        }
        catch (ObjectDisposedException)
        {
            // Nobody sleeps here any more.
        }
    }

    public void Dispose() => _event.Dispose();
}
