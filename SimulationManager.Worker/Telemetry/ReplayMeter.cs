using System.Diagnostics.Metrics;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Telemetry;

/// <summary>The replay engine's metrics. Lateness is counted in the engine itself; here its percentiles of the last interval are shown.</summary>
public sealed class ReplayMeter : BackgroundService
{
    public const string MeterName = "SimulationManager.Replay";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly (double Fraction, string Name)[] Quantiles = [(0.5, "0.5"), (0.99, "0.99"), (0.999, "0.999"), (1, "1")];

    private readonly ReplayEngine _engine;
    private readonly TimeProvider _time;
    private LatenessHistogram _lately = new();

    public ReplayMeter(ReplayEngine engine, OverloadWatch overload, TimeProvider time, IMeterFactory meters)
    {
        _engine = engine;
        _time = time;
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("simulation.replay.messages", () => engine.MessagesOut, "{message}", "Messages that agents have put out");
        meter.CreateObservableCounter("simulation.replay.bytes", () => engine.BytesOut, "By", "Payload bytes of these messages");
        meter.CreateObservableCounter("simulation.replay.dropped", () => engine.Dropped, "{message}", "Messages left out because they were too late");
        meter.CreateObservableGauge("simulation.replay.agents", () => engine.GetLoad().Agents, "{agent}", "Agents that have not ended");
        meter.CreateObservableGauge("simulation.replay.planned_rate", () => engine.GetLoad().MessageRate, "{message}", "Messages per second that these agents are to put out together");
        meter.CreateObservableGauge("simulation.replay.overload", () => overload.IsOverloaded ? 1 : 0, "1", "1 while this machine cannot keep up");
        meter.CreateObservableGauge("simulation.replay.lateness", ObserveLateness, "us", "Lateness of messages in the last seconds");
    }

    /// <summary>A measurement for each quantile, in microseconds; 0 when nothing was recorded.</summary>
    internal static IEnumerable<Measurement<long>> QuantilesOf(LatenessHistogram times, params KeyValuePair<string, object?>[] tags) =>
        Quantiles.Select(quantile => new Measurement<long>(times.Percentile(quantile.Fraction), [.. tags, new("quantile", quantile.Name)]));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        var before = new LatenessHistogram();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = await _engine.LatenessAsync();
            _lately = now.Since(before);
            before = now;
        }
    }

    private IEnumerable<Measurement<long>> ObserveLateness() => QuantilesOf(_lately);
}
