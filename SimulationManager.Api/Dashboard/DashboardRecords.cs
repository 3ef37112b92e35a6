namespace SimulationManager.Api.Dashboard;

/// <summary>A simulation at a glance.</summary>
/// <param name="SimulationId">Its id.</param>
/// <param name="SimulationName">Its name.</param>
/// <param name="LatestExecutionStatus">The last run's outcome, <c>PENDING</c> before the first; one word, as in the list.</param>
/// <param name="PatternType"><c>sequential</c> or <c>parallel</c>.</param>
/// <param name="TotalExecutionTime">Seconds that the plan can take at most.</param>
/// <param name="AutonomousAgentCount">Agents of the plan.</param>
/// <param name="ResourceUsage">What its agents use now.</param>
/// <param name="PodStatus">How its agents stand.</param>
public sealed record SimulationDashboard(
    long SimulationId,
    string SimulationName,
    string LatestExecutionStatus,
    string PatternType,
    long TotalExecutionTime,
    long AutonomousAgentCount,
    ResourceUsage ResourceUsage,
    PodStatus PodStatus);

/// <summary>What a simulation's agents use of the machines that they play on.</summary>
public sealed record ResourceUsage(ResourceReading Cpu, ResourceReading Memory, ResourceReading Disk);

/// <summary>One resource.</summary>
/// <param name="UsagePercent">0–100; -1 on <c>error</c>.</param>
/// <param name="Status"><c>normal</c>, <c>collecting</c> or <c>error</c>.</param>
/// <param name="Message">What the status means.</param>
public sealed record ResourceReading(double UsagePercent, string Status, string Message);

/// <summary>How the agents of the last run stand; before the first run those of the plan.</summary>
public sealed record PodStatus(long TotalCount, double OverallHealthPercent, StatusBreakdown StatusBreakdown);

/// <summary>All five are always there.</summary>
public sealed record StatusBreakdown(StatusCount Pending, StatusCount Running, StatusCount Success, StatusCount Failed, StatusCount Stopped);

/// <summary>How many agents, and percent of all with one decimal.</summary>
public sealed record StatusCount(long Count, double Percentage);
