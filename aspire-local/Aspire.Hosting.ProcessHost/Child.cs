using System.Diagnostics;

namespace Aspire.Hosting.ProcessHost;

/// <summary>One running child of the host, from start to the end of its last descendant.</summary>
internal sealed class Child
{
    private static readonly TimeSpan OutputDrain = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly string _marker;
    private readonly bool _interrupt;
    private readonly TimeProvider _clock;

    private Child(Process process, string marker, bool interrupt, TimeProvider clock)
    {
        _process = process;
        _marker = marker;
        _interrupt = interrupt;
        _clock = clock;
        Identity = ProcessTable.Identify(process.Id);
    }

    public ProcessIdentity Identity { get; }

    /// <exception cref="Exception">The program is not there, may not be run, or the account does not exist.</exception>
    public static Child Start(LaunchOrder order, string sessionId, int id, TimeProvider clock)
    {
        var start = new ProcessStartInfo(order.FileName, order.Arguments)
        {
            WorkingDirectory = order.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        if (order.UserName is { } user)
            start.UserName = user;
        start.Environment.Clear();
        foreach (var (name, value) in order.Environment)
            start.Environment[name] = value;
        start.Environment[Marker.SessionName] = sessionId;
        start.Environment[Marker.LaunchName] = $"{sessionId}:{id}";

        var process = Process.Start(start) ?? throw new InvalidOperationException($"'{order.FileName}' did not start.");
        return new Child(process, Marker.OfLaunch(sessionId, id), order.StopWithInterrupt, clock);
    }

    /// <summary>Feeds the child, hands on its lines and completes with its exit code.</summary>
    public async Task<int> RunAsync(string? input, Func<bool, string, ValueTask> onLine)
    {
        var pumps = Task.WhenAll(
            LinePump.RunAsync(_process.StandardOutput.BaseStream, line => onLine(false, line)),
            LinePump.RunAsync(_process.StandardError.BaseStream, line => onLine(true, line)));
        await FeedAsync(input).ConfigureAwait(false);
        await _process.WaitForExitAsync().ConfigureAwait(false);

        // A descendant may hold the pipes open for long after the child itself has ended.
        await Task.WhenAny(pumps, Task.Delay(OutputDrain, _clock)).ConfigureAwait(false);
        return _process.ExitCode;
    }

    public Task EndAsync(TimeSpan grace) => TreeTermination.EndAsync(Identity, _marker, _interrupt, grace, _clock);

    private async Task FeedAsync(string? input)
    {
        try
        {
            if (input is not null)
                await _process.StandardInput.WriteAsync(input).ConfigureAwait(false);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code and output tell why.
        }
    }
}
