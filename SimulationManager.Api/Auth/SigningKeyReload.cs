using SimulationManager.Api.Hosting;

namespace SimulationManager.Api.Auth;

/// <summary>Reads the signing keys again at times, so that each process knows a new one before it signs.</summary>
internal sealed partial class SigningKeyReload(SigningKeyRing keys, Preparation preparation, TimeProvider time, ILogger<SigningKeyReload> logger)
    : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await preparation.WaitAsync(stoppingToken);
        var retry = Retry.WhileUnavailable(RetryInterval, time, exception => LogNotYet(logger, exception));
        using var timer = new PeriodicTimer(SigningKeyRing.ReloadInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await retry.ExecuteAsync(async token => await keys.PrepareAsync(token), stoppingToken);
    }

    [LoggerMessage(302, LogLevel.Warning, "The signing keys could not be read again yet; trying again")]
    private static partial void LogNotYet(ILogger logger, Exception exception);
}
