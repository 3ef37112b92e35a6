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
    /// <param name="playingAgents">Agents of the simulation that play now, those that were added by hand among them.</param>
    public async Task<ResourceUsage> ReadAsync(long playingAgents)
    {
        try
        {
            var reports = await workers.ReadAsync();
            if (reports.Count == 0) return All(-1, "error", Messages.UsageNoWorker);
            var agents = Math.Max(reports.Sum(report => (long)report.PlayingAgents), playingAgents);
            var share = agents == 0 ? 0 : (double)playingAgents / agents;
            WorkerUsage[] known = [.. reports.Where(report => report.Error is null)];
            if (known.Length == 0) return All(-1, "error", Messages.UsageSourceFailed, reports[0].Error!);
            known = [.. known.Where(report => report.Samples >= 2)];
            if (known.Length == 0) return All(0, "collecting", Messages.UsageCollecting);
            return new ResourceUsage(
                Normal(share * known.Average(report => report.CpuPercent)),
                Normal(share * known.Average(report => report.MemoryPercent)),
                Normal(share * known.Average(report => report.DiskPercent)));
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or JsonException)
        {
            return All(-1, "error", Messages.UsageNoRedis);
        }
    }

    private ResourceReading Normal(double percent) => new(Math.Round(Math.Clamp(percent, 0, 100), 1), "normal", texts[Messages.UsageNormal]);

    private ResourceUsage All(double percent, string status, string message, params object[] arguments)
    {
        var reading = new ResourceReading(percent, status, texts[message, arguments]);
        return new ResourceUsage(reading, reading, reading);
    }
}
