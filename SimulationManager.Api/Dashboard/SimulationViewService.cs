using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Executions;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Dashboard;

/// <summary>Puts a simulation's views together: its plan or its dashboard, with how its last run stands.</summary>
public sealed class SimulationViewService(RobotDbContext database, SimulationService simulations, ExecutionStates states, UsageReader usage)
{
    /// <summary>A simulation with its plan.</summary>
    /// <exception cref="Contract.RefusalException">There is no such simulation (404).</exception>
    public async Task<SimulationDetail> GetDetailAsync(long id, CancellationToken cancellationToken)
    {
        var simulation = await simulations.FindWithPlanAsync(id, cancellationToken);
        // What has ended is in the row that was read; of what goes on Redis knows more.
        var state = simulation.LatestRun is { } run && !run.Status.IsTerminal() ? await states.FindAsync(run.ExecutionId, cancellationToken) : null;
        return SimulationViews.Detail(simulation, state is null ? simulation.LatestRun : LatestRun.Of(state));
    }

    /// <summary>A simulation at a glance.</summary>
    /// <exception cref="Contract.RefusalException">There is no such simulation (404).</exception>
    public async Task<SimulationDashboard> GetDashboardAsync(long id, CancellationToken cancellationToken)
    {
        var simulation = await simulations.FindWithPlanAsync(id, cancellationToken);
        var state = simulation.LatestRun is { } run ? await states.FindAsync(run.ExecutionId, cancellationToken) : null;
        var agents = simulation.Steps.Sum(step => (long)step.AutonomousAgentCount) + simulation.Groups.Sum(group => (long)group.AutonomousAgentCount);
        var counts = state is null
            ? new Dictionary<RunStatus, long> { [RunStatus.Pending] = agents }
            : state.Parts.GroupBy(part => part.Status).ToDictionary(group => group.Key, group => group.Sum(part => (long)part.AutonomousAgents));
        return new SimulationDashboard(
            id,
            simulation.Name,
            (state?.Status ?? RunStatus.Pending).ToWire(),
            simulation.PatternType.ToWire(),
            LongestRun(simulation),
            agents,
            await usage.ReadAsync(counts.GetValueOrDefault(RunStatus.Running) + await CountManualAsync(id, cancellationToken)),
            PodStatusOf(counts));
    }

    private Task<long> CountManualAsync(long id, CancellationToken cancellationToken) => database.Instances.LongCountAsync(
        instance => instance.SimulationId == id && instance.DeletedAt == null && instance.Status == RunStatus.Running, cancellationToken);

    /// <summary>Seconds that the plan can take at most: a sequence its steps and the pauses between them, groups the longest.</summary>
    private static long LongestRun(SimulationWithPlan simulation) => simulation.PatternType == PatternType.Sequential
        ? simulation.Steps.Sum(step => (long)step.ExecutionTime) + simulation.Steps.SkipLast(1).Sum(step => (long)step.DelayAfterCompletion)
        : simulation.Groups.Max(group => (long)group.ExecutionTime);

    private static PodStatus PodStatusOf(Dictionary<RunStatus, long> counts)
    {
        var total = counts.Values.Sum();
        return new PodStatus(
            total,
            PercentOf(total - counts.GetValueOrDefault(RunStatus.Failed), total),
            new StatusBreakdown(Count(RunStatus.Pending), Count(RunStatus.Running), Count(RunStatus.Completed), Count(RunStatus.Failed), Count(RunStatus.Stopped)));

        StatusCount Count(RunStatus status)
        {
            var count = counts.GetValueOrDefault(status);
            return new StatusCount(count, PercentOf(count, total));
        }
    }

    private static double PercentOf(long part, long total) => total == 0 ? 0 : Math.Round(100.0 * part / total, 1);
}
