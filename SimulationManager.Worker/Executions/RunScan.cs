namespace SimulationManager.Worker.Executions;

/// <summary>
/// Activates the coordinator of every run that ought to be under way: one whose silo was lost, or whose start the API committed and
/// then could not pass on. Activating twice does nothing, so every silo may do this.
/// </summary>
public sealed partial class RunScan(IEnumerable<IRunSource> sources, Coordinators coordinators, TimeProvider time, ILogger<RunScan> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 8 };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        // The first look is not the first thing that a silo does: it would slow down its start.
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await Task.WhenAll(sources.Select(source => TryAsync(() => ScanAsync(source, stoppingToken), exception => LogScanFailed(logger, exception), stoppingToken)));
    }

    /// <summary>Activates the coordinators of one kind of run. One that cannot be activated must not keep the others from it.</summary>
    private async Task ScanAsync(IRunSource source, CancellationToken stoppingToken) => await Parallel.ForEachAsync(
        await source.ListUnattendedAsync(time.GetUtcNow(), stoppingToken),
        AtOnce,
        async (run, _) => await TryAsync(() => coordinators.ActivateAsync(run).WaitAsync(stoppingToken), exception => LogNotActivated(logger, exception, run), stoppingToken));

    private static async Task TryAsync(Func<Task> action, Action<Exception> failed, CancellationToken stoppingToken)
    {
        try
        {
            await action();
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            failed(exception);
        }
    }

    [LoggerMessage(471, LogLevel.Warning, "Active runs could not be listed; it is tried again")]
    private static partial void LogScanFailed(ILogger logger, Exception exception);

    [LoggerMessage(472, LogLevel.Warning, "{Run} could not be resumed; it is tried again")]
    private static partial void LogNotActivated(ILogger logger, Exception exception, RunKey run);
}
