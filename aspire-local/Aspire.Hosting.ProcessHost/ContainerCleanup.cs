using System.Diagnostics;

namespace Aspire.Hosting.ProcessHost;

/// <summary>Stops and removes containers that nobody else will.</summary>
internal static class ContainerCleanup
{
    /// <summary>The label by which a session knows its containers.</summary>
    public const string SessionLabel = "aspire-local.session";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Touches the container only if it carries the label of that session.</summary>
    public static async Task RemoveAsync(ContainerRecord container, string sessionId, CancellationToken cancellationToken)
    {
        var (code, found) = await RunAsync(container.Runtime, ["ps", "-aq", "--filter", $"name=^{container.Name}$", "--filter", $"label={SessionLabel}={sessionId}"], cancellationToken)
            .ConfigureAwait(false);
        if (code != 0 || found.Trim() is not { Length: > 0 } id)
            return;
        await RunAsync(container.Runtime, ["stop", "-t", "4", id], cancellationToken).ConfigureAwait(false);
        await RunAsync(container.Runtime, ["rm", "-f", "-v", id], cancellationToken).ConfigureAwait(false);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string runtime, string[] arguments, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Limit);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(runtime, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            await errors.ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false));
        }
        catch (Exception cannot) when (cannot is OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            return (-1, "");
        }
    }
}
