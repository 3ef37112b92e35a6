using System.Globalization;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.ProcessHost;

/// <summary>The AppHost's helper: it owns all children and outlives the AppHost just long enough to end them.</summary>
internal static class Program
{
    /// <param name="arguments">Session id, path of the session record, process number of the AppHost.</param>
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not [var sessionId, var recordPath, var appHost])
        {
            await Console.Error.WriteLineAsync("This program is started by an AppHost; it has no use of its own.").ConfigureAwait(false);
            return 2;
        }

        if (!OperatingSystem.IsWindows())
        {
            UnixCalls.BecomeSessionLeader();
            UnixCalls.AdoptOrphans();
        }

        using var stopping = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => { signal.Cancel = true; stopping.Cancel(); });
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
        using var session = new HostSession(sessionId, recordPath, int.Parse(appHost, CultureInfo.InvariantCulture), TimeProvider.System);
        await session.RunAsync(Console.OpenStandardInput(), Console.OpenStandardOutput(), stopping.Token).ConfigureAwait(false);
        return 0;
    }
}
