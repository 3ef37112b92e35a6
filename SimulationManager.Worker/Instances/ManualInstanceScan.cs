namespace SimulationManager.Worker.Instances;

/// <summary>Lets manual instances go on whose silo was lost or has left. Every silo may look: an instance is given to one.</summary>
public sealed partial class ManualInstanceScan(ManualInstanceStore store, IGrainFactory grains, TimeProvider time, ILogger<ManualInstanceScan> logger)
    : BackgroundService
{
    private const int TakeUpsAtOnce = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        // The first look is not the first thing that a silo does: it would slow down its start.
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Parallel.ForEachAsync(
                    await store.ListUnattendedAsync(stoppingToken),
                    new ParallelOptions { MaxDegreeOfParallelism = TakeUpsAtOnce, CancellationToken = stoppingToken },
                    async (id, token) => await grains.GetGrain<IManualInstanceKeeper>(id).TakeUp().WaitAsync(token));
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogScanFailed(logger, exception);
            }
        }
    }

    [LoggerMessage(491, LogLevel.Warning, "Manual instances that nobody plays could not be listed; it is tried again")]
    private static partial void LogScanFailed(ILogger logger, Exception exception);
}
