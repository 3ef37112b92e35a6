using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>How agents leave while the others of their part play on.</summary>
public sealed partial class CohortPlayer
{
    /// <summary>Ends agents before the others do what the same directive asks. They stay among the cohort's agents, for its outcome.</summary>
    private async Task EndRemovedAsync(PlayedCohort played, AgentNumbers? removed)
    {
        if (removed is null || removed.Equals(_followed?.Removed)) return;
        await played.Cohort.StopAsync(removed.Contains);
        if (_output is not { } output) return;
        long[] leaving = [.. played.Cohort.InstanceIds.Where(agent => removed.Contains(agent) && _followed?.Removed?.Contains(agent) != true && output.QueuesOf(agent) is not null)];
        if (leaving.Length > 0) _ = DisconnectAsync(output, leaving);
    }

    /// <summary>Publishes what agents have put out and ends their connections.</summary>
    private async Task DisconnectAsync(CohortOutput output, long[] agents)
    {
        try
        {
            await output.DrainAsync(agents, PublishingLimit);
            await output.RemoveAsync(agents);
        }
        catch (Exception exception)
        {
            // They are disconnected with the others at the end.
            LogNotDisconnected(_services.Logger, exception, Key);
        }
    }

    [LoggerMessage(406, LogLevel.Warning, "Agents that were removed from cohort {Cohort} could not be disconnected")]
    private static partial void LogNotDisconnected(ILogger logger, Exception exception, CohortKey cohort);
}
