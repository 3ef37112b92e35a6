using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>Looks at the engine's lateness once a second and says when the machine cannot keep up.</summary>
public sealed partial class OverloadWatch(ReplayEngine engine, TimeProvider time, ILogger<OverloadWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private volatile bool _overloaded;

    /// <summary>True while messages go out later than <see cref="ReplayOptions.OverloadAfter"/>.</summary>
    public bool IsOverloaded => _overloaded;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var worst = engine.TakeWorstLateness();
            var overloaded = worst > engine.Options.OverloadAfter;
            if (overloaded && !_overloaded) LogOverloaded(logger, worst.TotalMilliseconds, engine.GetLoad().Agents, engine.GetLoad().MessageRate);
            if (!overloaded && _overloaded) LogRecovered(logger);
            _overloaded = overloaded;
        }
    }

    [LoggerMessage(421, LogLevel.Warning, "This machine cannot keep up: messages go out up to {Lateness:0} ms late ({Agents} agents, {Rate:0} messages/s)")]
    private static partial void LogOverloaded(ILogger logger, double lateness, int agents, double rate);

    [LoggerMessage(422, LogLevel.Information, "Messages go out on time again")]
    private static partial void LogRecovered(ILogger logger);
}
