using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Dashboard;

/// <summary>What the whole system holds; soft-deleted things are not counted.</summary>
/// <param name="TotalSimulations">Simulations.</param>
/// <param name="RunningSimulations">Those of them that run.</param>
/// <param name="TotalMec">Registered edge sites, and every other <c>mecId</c> that a simulation names.</param>
/// <param name="TotalInstances">All virtual agents: those of every plan and those that were added by hand.</param>
/// <param name="Timestamp">When this was counted.</param>
public sealed record SystemOverview(long TotalSimulations, long RunningSimulations, long TotalMec, long TotalInstances, DateTimeOffset Timestamp);

/// <summary><c>/api/dashboard</c>.</summary>
internal static class DashboardEndpoints
{
    public static void MapDashboardEndpoints(this RouteGroupBuilder api) =>
        api.MapGroup("/dashboard").WithTags("Dashboard")
            .MapGet("/system-overview", GetOverviewAsync).WithName("GetSystemOverview").WithSummary("What the whole system holds");

    private static async Task<OkReply<SystemOverview>> GetOverviewAsync(SystemCounts counts, CancellationToken cancellationToken) =>
        Replies.Ok(await counts.ReadAsync(cancellationToken), Messages.OverviewRead);
}

/// <summary>Counts what the system holds.</summary>
public sealed class SystemCounts(RobotDbContext database, TimeProvider time)
{
    public async Task<SystemOverview> ReadAsync(CancellationToken cancellationToken) => new(
        await database.Simulations.LongCountAsync(simulation => simulation.DeletedAt == null, cancellationToken),
        await database.Simulations.LongCountAsync(simulation => simulation.DeletedAt == null && simulation.Status == SimulationStatus.Running, cancellationToken),
        await CountSitesAsync(cancellationToken),
        await CountAgentsAsync(cancellationToken),
        time.GetUtcNow());

    private async Task<long> CountSitesAsync(CancellationToken cancellationToken) =>
        await database.MecSites.LongCountAsync(cancellationToken)
        + await database.Simulations
            .Where(simulation => simulation.DeletedAt == null && simulation.MecId != "" && !database.MecSites.Any(site => site.Name == simulation.MecId))
            .Select(simulation => simulation.MecId).Distinct().LongCountAsync(cancellationToken);

    private async Task<long> CountAgentsAsync(CancellationToken cancellationToken) =>
        await AgentsOfAsync(database.SimulationSteps, cancellationToken)
        + await AgentsOfAsync(database.SimulationGroups, cancellationToken)
        + await database.Instances.LongCountAsync(instance => instance.DeletedAt == null, cancellationToken);

    private Task<long> AgentsOfAsync(IQueryable<PatternPart> parts, CancellationToken cancellationToken) => parts
        .Where(part => database.Simulations.Any(simulation => simulation.Id == part.SimulationId && simulation.DeletedAt == null))
        .SumAsync(part => (long)part.AutonomousAgentCount, cancellationToken);
}
