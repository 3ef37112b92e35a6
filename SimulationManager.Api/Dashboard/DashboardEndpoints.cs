using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Dashboard;

/// <summary>What the whole system holds; soft-deleted things are not counted.</summary>
public sealed record SystemOverview(long TotalSimulations, long RunningSimulations, long TotalMec, long TotalInstances, DateTimeOffset Timestamp);

/// <summary><c>/api/dashboard</c>.</summary>
internal static class DashboardEndpoints
{
    public static void MapDashboard(this RouteGroupBuilder api) =>
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
        await database.MecSites.LongCountAsync(cancellationToken),
        await database.Instances.LongCountAsync(instance => instance.DeletedAt == null, cancellationToken),
        time.GetUtcNow());
}
