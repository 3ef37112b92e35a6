using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>Opens sessions.</summary>
internal static class LocalRuntimeSession
{
    /// <summary>
    /// Takes the lock of the AppHost's name, ends what an earlier session left behind, and starts the process host.
    /// </summary>
    /// <exception cref="SessionLockedException">Another AppHost of this name runs on the same data root.</exception>
    /// <exception cref="InvalidOperationException">The process host did not start.</exception>
    public static async Task<ILocalRuntimeSession> CreateAsync(
        LocalRuntimeOptions options, ILoggerFactory loggers, TimeProvider clock, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger("Aspire.Hosting.LocalRuntime");
        var root = new DataRoot(options.DataRoot, options.ApplicationName, options.VolumesAreTemporary);
        var held = SessionLock.Take(root.SessionFolder, options.ApplicationName);
        try
        {
            var recordPath = Path.Combine(root.SessionFolder, "session.json");
            await new LeftoverSweep(logger, clock).RunAsync(recordPath, cancellationToken).ConfigureAwait(false);
            root.ClearTemporary();
            var sessionId = Guid.NewGuid().ToString("N");
            var host = await ProcessHostClient.StartAsync(sessionId, recordPath, logger, cancellationToken).ConfigureAwait(false);
            return new HostedRuntimeSession(held, host, root, recordPath, options.ApplicationName, sessionId, logger, clock);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }
}

/// <summary>A session whose children all live in the process host.</summary>
internal sealed class HostedRuntimeSession : ILocalRuntimeSession
{
    private readonly SessionLock _held;
    private readonly ProcessHostClient _host;
    private readonly DataRoot _root;
    private readonly string _recordPath;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ServerRealiser _realiser;

    public HostedRuntimeSession(
        SessionLock held, ProcessHostClient host, DataRoot root, string recordPath, string applicationName, string sessionId, ILogger logger, TimeProvider clock)
    {
        _held = held;
        _host = host;
        _root = root;
        _recordPath = recordPath;
        _logger = logger;
        _clock = clock;
        Launcher = new ProcessLauncher(host);
        _realiser = new ServerRealiser(new RealisationContext(applicationName, sessionId, root, host, Launcher, clock));
    }

    public ProcessLauncher Launcher { get; }

    public int ProcessHostId => _host.ProcessId;

    public Task<ILaunched> LaunchAsync(ProcessRequest request, CancellationToken cancellationToken) => Launcher.LaunchAsync(request, cancellationToken);

    public Task<RealisedServer> RealiseAsync(ServerRequest request, CancellationToken cancellationToken) => _realiser.RealiseAsync(request, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync().ConfigureAwait(false);

        // Only there when the process host was killed, and then its children still run.
        if (File.Exists(_recordPath))
            await new LeftoverSweep(_logger, _clock).RunAsync(_recordPath, CancellationToken.None).ConfigureAwait(false);
        _root.DeleteTemporary();
        _held.Dispose();
    }
}
