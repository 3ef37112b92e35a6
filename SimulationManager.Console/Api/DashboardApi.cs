namespace SimulationManager.Console.Api;

/// <summary><c>/api/dashboard</c>.</summary>
public sealed class DashboardApi(ApiConnection api)
{
    public Task<SystemOverview> OverviewAsync(CancellationToken cancellationToken) =>
        api.GetAsync("api/dashboard/system-overview", ConsoleJson.Default.EnvelopeSystemOverview, cancellationToken);

    /// <summary>What one simulation's agents use, and how they stand.</summary>
    public Task<SimulationDashboard> SimulationAsync(long id, CancellationToken cancellationToken) =>
        api.GetAsync($"api/simulation/{id}?view=dashboard", ConsoleJson.Default.EnvelopeSimulationDashboard, cancellationToken);
}

public sealed record SystemOverview(long TotalSimulations, long RunningSimulations, long TotalMec, long TotalInstances, DateTimeOffset Timestamp);

public sealed record SimulationDashboard(
    long SimulationId, string SimulationName, string LatestExecutionStatus, long TotalExecutionTime, long AutonomousAgentCount, ResourceUsage ResourceUsage, PodStatus PodStatus);

public sealed record ResourceUsage(ResourceReading Cpu, ResourceReading Memory, ResourceReading Disk);

/// <param name="UsagePercent">0–100; -1 on <c>error</c>.</param>
/// <param name="Status"><c>normal</c>, <c>collecting</c> or <c>error</c>.</param>
/// <param name="Message">What the status means.</param>
public sealed record ResourceReading(double UsagePercent, string Status, string Message);

public sealed record PodStatus(long TotalCount, double OverallHealthPercent, StatusBreakdown StatusBreakdown);

public sealed record StatusBreakdown(StatusCount Pending, StatusCount Running, StatusCount Success, StatusCount Failed, StatusCount Stopped);

public sealed record StatusCount(long Count, double Percentage);
