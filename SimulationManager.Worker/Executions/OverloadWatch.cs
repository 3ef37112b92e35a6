using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>Looks at the engine's lateness once a second and says when the machine cannot keep up.</summary>
public sealed partial class OverloadWatch(ReplayEngine engine, TimeProvider time, ILogger<OverloadWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Looks in a row without a late message after which the machine is said to keep up again: else every hiccup is two lines.</summary>
    private const int LooksUntilRecovered = 5;

    private volatile bool _overloaded;
    private int _looksOnTime;

    /// <summary>True from the first message that goes out later than <see cref="ReplayOptions.OverloadAfter"/> until none has for some seconds.</summary>
    public bool IsOverloaded => _overloaded;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var worst = engine.TakeWorstLateness();
            _looksOnTime = worst > engine.Options.OverloadAfter ? 0 : _looksOnTime + 1;
            var overloaded = _looksOnTime == 0 || (_overloaded && _looksOnTime < LooksUntilRecovered);
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
