using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Benchmarks.Mqtt;
using SimulationManager.Replay;

namespace SimulationManager.Benchmarks.Dds;

/// <summary>Agents that publish to the domain of the measurements.</summary>
internal static class DdsLoad
{
    /// <summary>Enters the domain.</summary>
    /// <param name="engine">Whose clock it is.</param>
    /// <param name="load">The agents.</param>
    /// <param name="timeline">What they play.</param>
    /// <param name="options">Options of the endpoint.</param>
    /// <param name="stamps">What the stamps of messages become.</param>
    public static async Task<CohortOutput> OpenAsync(ReplayEngine engine, MqttLoad load, ReplayTimeline timeline, string options, StampMode stamps = StampMode.Recorded)
    {
        var output = new CohortOutput(
            new OutputPlan
            {
                Simulation = "7",
                Endpoints = OutputEndpoint.ParseAll([$"dds://?domain={DdsPeer.Domain}&interface=lo&peers=127.0.0.1&{options}"]),
                Process = "benchmark",
                Payloads = new PayloadOptions { Stamps = stamps },
                Clock = engine.Clock,
                Time = TimeProvider.System,
                Loggers = NullLoggerFactory.Instance,
            },
            timeline, load.Numbers);
        await output.ReadyAsync(CancellationToken.None);
        return output.Status()[0].Error is { } error ? throw new InvalidOperationException(error) : output;
    }
}
