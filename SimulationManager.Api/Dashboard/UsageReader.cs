using System.Text.Json;
using Microsoft.Extensions.Localization;
using SimulationManager.Api.Contract;
using SimulationManager.Core.LiveState;
using StackExchange.Redis;

namespace SimulationManager.Api.Dashboard;

/// <summary>
/// What a simulation's agents use: the workers report how busy they are (<see cref="WorkerUsage"/>), and a simulation has the
/// share of it that its playing agents are of all.
/// </summary>
public sealed class UsageReader(WorkerUsageStore workers, IStringLocalizer<Messages> texts)
{
    /// <param name="playingAgents">Agents of the simulation that play now.</param>
    public async Task<ResourceUsage> ReadAsync(long playingAgents)
    {
        try
        {
            var reports = await workers.ReadAsync();
            if (reports.Count == 0) return All(-1, "error", Messages.UsageNoWorker);
            if (reports.All(report => report.Samples < 2)) return All(0, "collecting", Messages.UsageCollecting);
            var agents = Math.Max(reports.Sum(report => (long)report.PlayingAgents), playingAgents);
            var share = agents == 0 ? 0 : (double)playingAgents / agents;
            return new ResourceUsage(
                Normal(share * reports.Average(report => report.CpuPercent)),
                Normal(share * reports.Average(report => report.MemoryPercent)),
                Normal(share * reports.Average(report => report.DiskPercent)));
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or JsonException)
        {
            return All(-1, "error", Messages.UsageNoRedis);
        }
    }

    private ResourceReading Normal(double percent) => new(Math.Round(Math.Clamp(percent, 0, 100), 1), "normal", texts[Messages.UsageNormal]);

    private ResourceUsage All(double percent, string status, string message)
    {
        var reading = new ResourceReading(percent, status, texts[message]);
        return new ResourceUsage(reading, reading, reading);
    }
}
