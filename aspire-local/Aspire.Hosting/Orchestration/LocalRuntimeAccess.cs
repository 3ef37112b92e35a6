using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>The session in which everything of this run lives.</summary>
internal sealed class LocalRuntimeAccess(IConfiguration configuration, IHostEnvironment environment, ILoggerFactory loggers, TimeProvider clock) : IAsyncDisposable
{
    private ILocalRuntimeSession? _session;

    /// <summary>True: volumes end with the run. Tests do not touch what the developer has stored, unless they bring a data root of their own.</summary>
    private readonly bool _hasTemporaryVolumes = configuration.GetValue(LocalSettings.TemporaryVolumesKey, defaultValue: false)
        && configuration[LocalSettings.DataRootKey] is null;

    public ILocalRuntimeSession Session => _session ?? throw new InvalidOperationException("The application has not been started.");

    /// <exception cref="DistributedApplicationException">This AppHost runs already.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var name = VolumeNameGenerator.ApplicationPrefix(environment.ApplicationName, configuration);
        for (var attempt = 1; _session is null; attempt++)
        {
            var options = new LocalRuntimeOptions
            {
                ApplicationName = _hasTemporaryVolumes ? $"{name}-temporary-{attempt}" : name,
                DataRoot = configuration[LocalSettings.DataRootKey],
                VolumesAreTemporary = _hasTemporaryVolumes,
            };
            try
            {
                _session = await LocalRuntimeSession.CreateAsync(options, loggers, clock, cancellationToken);
            }
            catch (SessionLockedException exception) when (!_hasTemporaryVolumes)
            {
                throw new DistributedApplicationException(exception.Message, exception);
            }
            catch (SessionLockedException)
            {
                // Another test of the same AppHost runs beside this one; it takes the next name.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _session, null) is { } session)
            await session.DisposeAsync();
    }
}
