using System.Diagnostics.Metrics;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Telemetry;

/// <summary>The metrics of what agents publish, by endpoint (tag <c>endpoint</c>: its address without options). They are read every few seconds; times are those of the last interval.</summary>
public sealed class PublishMeter : BackgroundService
{
    public const string MeterName = "SimulationManager.Publish";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly PublishTotals _totals;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private IReadOnlyDictionary<string, EndpointTotal> _before = new Dictionary<string, EndpointTotal>();
    private IReadOnlyDictionary<string, EndpointTotal> _now = new Dictionary<string, EndpointTotal>();
    private IReadOnlyDictionary<string, LatenessHistogram> _handedOver = new Dictionary<string, LatenessHistogram>();
    private IReadOnlyDictionary<string, LatenessHistogram> _acknowledgedAfter = new Dictionary<string, LatenessHistogram>();

    public PublishMeter(PublishTotals totals, TimeProvider time, IMeterFactory meters)
    {
        (_totals, _time, _meter) = (totals, time, meters.Create(MeterName));
        Count("messages", "{message}", "Messages handed over to the network", counts => counts.Out);
        Count("acknowledged", "{message}", "Of these, messages that the endpoint has acknowledged", counts => counts.Acknowledged);
        Count("bytes", "By", "Payload bytes of these messages, as published", counts => counts.Bytes);
        Count("resent", "{message}", "Messages sent once more after a connection was lost", counts => counts.Resent);
        Count("reconnects", "{connection}", "Connections that were made anew", counts => counts.Reconnects);
        _meter.CreateObservableCounter("simulation.publish.lost", ObserveLost, "{message}", "Messages that were not published, or not known to be, by reason");
        Gauge("connections", "{connection}", "Connections that ought to be there", total => total.Connections);
        Gauge("connected", "{connection}", "Connections that are", total => total.Connected);
        _meter.CreateObservableGauge("simulation.publish.handed_over", () => ObserveTimes(_handedOver), "us", "Time from due to handed over to the network of messages in the last seconds");
        _meter.CreateObservableGauge("simulation.publish.acknowledged_after", () => ObserveTimes(_acknowledgedAfter), "us", "Time from due to acknowledged of messages in the last seconds");
    }

    /// <summary>Reads what was published until now. One call at a time.</summary>
    internal void Refresh()
    {
        (_before, _now) = (_now, _totals.Read());
        _handedOver = Lately(total => total.HandedOver);
        _acknowledgedAfter = Lately(total => total.AcknowledgedAfter);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Refresh();
    }

    private Dictionary<string, LatenessHistogram> Lately(Func<EndpointTotal, LatenessHistogram> select) =>
        _now.ToDictionary(endpoint => endpoint.Key, endpoint => select(endpoint.Value).Since(select(_before.GetValueOrDefault(endpoint.Key, EndpointTotal.Zero))));

    private void Count(string name, string unit, string description, Func<PublishCounts, long> select) =>
        _meter.CreateObservableCounter($"simulation.publish.{name}", () => _now.Select(endpoint => new Measurement<long>(select(endpoint.Value.Counts), TagOf(endpoint.Key))), unit, description);

    private void Gauge(string name, string unit, string description, Func<EndpointTotal, int> select) =>
        _meter.CreateObservableGauge($"simulation.publish.{name}", () => _now.Select(endpoint => new Measurement<int>(select(endpoint.Value), TagOf(endpoint.Key))), unit, description);

    private IEnumerable<Measurement<long>> ObserveLost() => _now.SelectMany(endpoint => endpoint.Value.Counts.Lost.Select(
        (lost, reason) => new Measurement<long>(lost, TagOf(endpoint.Key), new("reason", EndpointShare.NameOf((LossReason)reason)))));

    private static IEnumerable<Measurement<long>> ObserveTimes(IReadOnlyDictionary<string, LatenessHistogram> times) =>
        times.SelectMany(endpoint => ReplayMeter.QuantilesOf(endpoint.Value, TagOf(endpoint.Key)));

    private static KeyValuePair<string, object?> TagOf(string endpoint) => new("endpoint", endpoint);
}
