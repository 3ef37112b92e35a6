using System.Runtime.InteropServices;

namespace Aspire.Hosting.ProcessHost;

/// <summary>The few calls of the C library that .NET does not offer. Not for Windows.</summary>
internal static partial class UnixCalls
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int SetChildSubreaper = 36;
    private const int DoNotHang = 1;

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillCall(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint value, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static unsafe partial int WaitPid(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentPid();

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChownCall(string path, uint user, uint group);

    public static int ParentProcessId => GetParentPid();

    /// <summary>Leaves the terminal's process group, so that its Ctrl-C reaches the AppHost alone.</summary>
    public static void BecomeSessionLeader() => _ = SetSid();

    /// <summary>Descendants whose parent ended become our children (Linux), so that none gets out of sight.</summary>
    public static void AdoptOrphans()
    {
        if (OperatingSystem.IsLinux())
            _ = Prctl(SetChildSubreaper, 1, 0, 0, 0);
    }

    /// <summary>False when there is no such process, or it may not be signalled.</summary>
    public static bool Signal(int pid, int signal) => pid > 1 && KillCall(pid, signal) == 0;

    /// <summary>Takes the exit status of an adopted child that has ended.</summary>
    public static unsafe void Reap(int pid)
    {
        var status = 0;
        _ = WaitPid(pid, &status, DoNotHang);
    }

    /// <exception cref="UnauthorizedAccessException">The owner could not be changed.</exception>
    public static void Chown(string path, uint user, uint group)
    {
        if (ChownCall(path, user, group) != 0)
            throw new UnauthorizedAccessException($"The owner of '{path}' could not be changed to {user}:{group} (error {Marshal.GetLastPInvokeError()}).");
    }
}
