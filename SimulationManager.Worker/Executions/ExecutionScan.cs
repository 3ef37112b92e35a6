using SimulationManager.Core.Grains;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Activates the coordinator of every execution that ought to be under way: one whose silo was lost, or whose start the API
/// committed and then could not pass on. Starting twice does nothing, so every silo may do this.
/// </summary>
public sealed partial class ExecutionScan(RunStore store, IGrainFactory grains, TimeProvider time, ILogger<ExecutionScan> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How long the API is left to announce a run and to pass it on; longer than it waits for Redis, and than its clock differs from ours.</summary>
    private static readonly TimeSpan Handover = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        // The first look is not the first thing that a silo does: it would slow down its start.
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var now = time.GetUtcNow();
                foreach (var id in await store.ListActiveAsync(now - Handover, now + Handover, stoppingToken)) await StartAsync(id, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogScanFailed(logger, exception);
            }
        }
    }

    /// <summary>Starts one execution. One that cannot be started must not keep the others from it.</summary>
    private async Task StartAsync(long id, CancellationToken stoppingToken)
    {
        try
        {
            await grains.GetGrain<IExecutionGrain>(id).Start().WaitAsync(stoppingToken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogStartFailed(logger, exception, id);
        }
    }

    [LoggerMessage(471, LogLevel.Warning, "Active executions could not be listed; it is tried again")]
    private static partial void LogScanFailed(ILogger logger, Exception exception);

    [LoggerMessage(472, LogLevel.Warning, "Execution {Execution} could not be started; it is tried again")]
    private static partial void LogStartFailed(ILogger logger, Exception exception, long execution);
}
