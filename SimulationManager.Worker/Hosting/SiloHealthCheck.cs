using Microsoft.Extensions.Diagnostics.HealthChecks;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Hosting;

/// <summary>Healthy while this silo is a member of its cluster and takes agents; degraded while it cannot keep up.</summary>
internal sealed class SiloHealthCheck(ISiloStatusOracle oracle, CohortPlayers players, OverloadWatch overload) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (players.IsDraining) return HealthCheckResult.Unhealthy("The silo is shutting down; its agents go on elsewhere.");
        if (oracle.CurrentStatus != SiloStatus.Active) return HealthCheckResult.Unhealthy($"The silo is {oracle.CurrentStatus}, not a member of the cluster yet or any more.");
        var load = players.GetLoad();
        var reason = FormattableString.Invariant($"{load.Agents} agents, {load.MessageRate:0} messages/s");
        return overload.IsOverloaded ? HealthCheckResult.Degraded($"Messages go out late: {reason}.") : HealthCheckResult.Healthy(reason);
    }
}
