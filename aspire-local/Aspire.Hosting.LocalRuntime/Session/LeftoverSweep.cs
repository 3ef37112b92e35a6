using Aspire.Hosting.ProcessHost;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>Ends what a session left running whose AppHost and process host were both killed hard.</summary>
internal sealed partial class LeftoverSweep(ILogger logger, TimeProvider clock)
{
    /// <summary>A host whose AppHost is gone needs a few seconds to end its children; more than that and it hangs.</summary>
    private static readonly TimeSpan HostLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ChildGrace = TimeSpan.FromSeconds(3);

    public async Task RunAsync(string recordPath, CancellationToken cancellationToken)
    {
        if (SessionRecord.Load(recordPath) is not { } record || record.BootId != ProcessTable.BootId)
        {
            File.Delete(recordPath);
            return;
        }

        await WaitForHostAsync(record.Host, cancellationToken).ConfigureAwait(false);
        if (!File.Exists(recordPath))
            return;

        var ended = await TreeTermination.EndAllAsync(
            ProcessTable.FindTree(record.Children, Marker.OfSession(record.SessionId)), Marker.OfSession(record.SessionId), ChildGrace, clock).ConfigureAwait(false);
        foreach (var container in record.Containers.Where(container => !container.IsPersistent))
            await ContainerCleanup.RemoveAsync(container, record.SessionId, cancellationToken).ConfigureAwait(false);
        LogEnded(ended, record.Containers.Count);
        File.Delete(recordPath);
    }

    private async Task WaitForHostAsync(ProcessIdentity host, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        while (ProcessTable.IsAlive(host) && clock.GetElapsedTime(start) < HostLimit)
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancellationToken).ConfigureAwait(false);
        if (ProcessTable.IsAlive(host) && !OperatingSystem.IsWindows())
            UnixCalls.Signal(host.Pid, UnixCalls.Kill);
    }

    [LoggerMessage(1, LogLevel.Warning, "The last run was killed before it could clean up: ended {Processes} processes and looked after {Containers} containers that it left behind")]
    private partial void LogEnded(int processes, int containers);
}
