using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>What many ask about all simulations at once, read once for those who ask together.</summary>
public sealed class SimulationReads
{
    private readonly SharedRead<SimulationOverview> _overview;
    private readonly SharedRead<IReadOnlyList<SimulationSummary>> _summary;
    private long _lastTotal;

    public SimulationReads(IServiceScopeFactory scopes)
    {
        _overview = new(scopes, CountAsync);
        _summary = new(scopes, SummarizeAsync);
    }

    /// <summary>How many there were at the last count; 0 before the first. It may be out of date.</summary>
    public long LastTotal => Volatile.Read(ref _lastTotal);

    /// <summary>The counts of all simulations that are not deleted.</summary>
    public Task<SimulationOverview> GetOverviewAsync(CancellationToken cancellationToken) => _overview.GetAsync(cancellationToken);

    /// <summary>Ids and names, the newest first.</summary>
    public Task<IReadOnlyList<SimulationSummary>> GetSummaryAsync(CancellationToken cancellationToken) => _summary.GetAsync(cancellationToken);

    private static async Task<IReadOnlyList<SimulationSummary>> SummarizeAsync(RobotDbContext database) =>
        await database.Simulations.AsNoTracking()
            .Where(simulation => simulation.DeletedAt == null)
            .OrderByDescending(simulation => simulation.CreatedAt).ThenByDescending(simulation => simulation.Id)
            .Select(simulation => new SimulationSummary(simulation.Id, simulation.Name))
            .ToListAsync();

    /// <summary><c>running</c> by status; <c>completed</c> and <c>failed</c> by the last run's outcome; <c>pending</c> all others.</summary>
    private async Task<SimulationOverview> CountAsync(RobotDbContext database)
    {
        var groups = await database.Simulations.AsNoTracking()
            .Where(simulation => simulation.DeletedAt == null)
            .GroupBy(simulation => new { simulation.Status, simulation.LatestExecutionStatus })
            .Select(group => new { group.Key.Status, Latest = group.Key.LatestExecutionStatus, Count = group.LongCount() })
            .ToListAsync();
        var total = groups.Sum(group => group.Count);
        Volatile.Write(ref _lastTotal, total);
        var running = groups.Where(group => group.Status == SimulationStatus.Running).Sum(group => group.Count);
        var completed = groups.Where(group => group.Status != SimulationStatus.Running && group.Latest == RunStatus.Completed).Sum(group => group.Count);
        var failed = groups.Where(group => group.Status != SimulationStatus.Running && group.Latest == RunStatus.Failed).Sum(group => group.Count);
        return new SimulationOverview(total, total - running - completed - failed, running, completed, failed);
    }
}
