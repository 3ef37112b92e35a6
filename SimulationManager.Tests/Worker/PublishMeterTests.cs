using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Worker.Hosting;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Tests.Worker;

/// <summary>What is published is in the metrics, by endpoint, and no count goes back when a cohort ends.</summary>
public sealed class PublishMeterTests : IDisposable
{
    private readonly PublishTotals _totals = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Dictionary<string, double> _measured = [];
    private readonly MeterListener _listener = new();
    private readonly PublishMeter _meter;

    public PublishMeterTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _measured[NameOf(instrument, tags)] = value);
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => _measured[NameOf(instrument, tags)] = value);
        _listener.Start();
        _meter = new PublishMeter(_totals, TimeProvider.System, factory);
    }

    [Fact]
    public async Task Counts_and_times_are_told_by_endpoint_and_stay_when_cohorts_end()
    {
        await using var broker = await Mosquitto.StartAsync();
        using var bag = new PlayedBag("turtlesim_cmd_vel");
        var endpoint = $"mqtt://127.0.0.1:{broker.Port}/fleet";
        long count = bag.Timeline.Count;

        var first = _totals.Add(bag.Open(broker.Address("qos=1&connection=agent"), agents: 3));
        await first.ReadyAsync(TestContext.Current.CancellationToken);
        Measure();
        Assert.Equal((3, 3), (Value("connections", endpoint), Value("connected", endpoint)));

        await PlayAsync(bag, first, agents: 3);
        var status = Assert.Single(first.Status());
        Measure();
        Assert.Equal(
            (3 * count, 3 * count, status.Counts.Bytes, 0, 0),
            (Value("messages", endpoint), Value("acknowledged", endpoint), Value("bytes", endpoint), Value("resent", endpoint), Value("reconnects", endpoint)));
        Assert.Equal((status.HandedOver.Percentile(0.5), status.HandedOver.Percentile(0.999)), (Value("handed_over", endpoint, "0.5"), Value("handed_over", endpoint, "0.999")));
        Assert.InRange(Value("acknowledged_after", endpoint, "1"), Value("handed_over", endpoint, "0.5"), double.MaxValue);

        await _totals.CloseAsync(first);
        await _totals.CloseAsync(first);
        Measure();
        Assert.Equal((3 * count, 0, 0), (Value("messages", endpoint), Value("connections", endpoint), Value("connected", endpoint)));
        Assert.Equal(0, Value("handed_over", endpoint, "1"));

        var second = _totals.Add(bag.Open(broker.Address("qos=0"), agents: 1));
        await PlayAsync(bag, second, agents: 1);
        await _totals.CloseAsync(second);
        Measure();
        Assert.Equal((4 * count, 3 * count), (Value("messages", endpoint), Value("acknowledged", endpoint)));
        Assert.NotEqual(0, Value("handed_over", endpoint, "1"));
    }

    [Fact]
    public async Task Losses_are_told_by_reason_and_endpoints_beyond_the_limit_together()
    {
        var totals = new PublishTotals(maxEndpoints: 1);
        using var bag = new PlayedBag("turtlesim_cmd_vel");
        string[] nobody = [.. Enumerable.Range(0, 3).Select(_ => $"mqtt://127.0.0.1:{FreePorts.Draw()}")];

        foreach (var endpoint in nobody)
        {
            var output = totals.Add(bag.Open(endpoint, agents: 1));
            await PlayAsync(bag, output, agents: 1);
            await totals.CloseAsync(output);
        }

        var all = totals.Read();
        Assert.Equal([nobody[0], PublishTotals.Others], all.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((bag.Timeline.Count, 2 * bag.Timeline.Count), (all[nobody[0]].Counts.LostTotal, all[PublishTotals.Others].Counts.LostTotal));

        var alone = _totals.Add(bag.Open(nobody[0], agents: 1));
        await PlayAsync(bag, alone, agents: 1);
        Measure();
        Assert.Equal((0, bag.Timeline.Count, 0), (Value("messages", nobody[0]), Value("lost", nobody[0], "disconnected"), Value("lost", nobody[0], "backlog")));
        Assert.Equal((1, 0), (Value("connections", nobody[0]), Value("connected", nobody[0])));
        await _totals.CloseAsync(alone);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
        _services.Dispose();
    }

    private static async Task PlayAsync(PlayedBag bag, SimulationManager.Replay.CohortOutput output, int agents)
    {
        await output.ReadyAsync(TestContext.Current.CancellationToken);
        var cohort = bag.Create(output, agents, rate: 50);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await output.CompleteAsync(TimeSpan.FromSeconds(20));
    }

    private void Measure()
    {
        _meter.Refresh();
        _listener.RecordObservableInstruments();
    }

    private double Value(string name, params string[] tags) => _measured[$"simulation.publish.{name} {string.Join(' ', tags)}"];

    private static string NameOf(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) => $"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}";
}
