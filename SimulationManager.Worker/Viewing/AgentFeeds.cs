using SimulationManager.Core.Grains;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Worker.Viewing;

/// <summary>Opens feeds of the agents that this silo plays.</summary>
public sealed class AgentFeeds(CohortPlayers players, ReplayEngine engine, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>Watches agents of an execution, those that come here later as well.</summary>
    internal AgentFeed Open(WatchedExecution execution, AgentChoice choice)
    {
        var buffer = new FeedBuffer(time);
        return new AgentFeed(() => PlayersOf(execution), player => Watch(player, execution, buffer), buffer, choice, time);
    }

    private IEnumerable<CohortPlayer> PlayersOf(WatchedExecution execution) =>
        players.List().Where(player => player.Key.Run == new RunKey(RunKind.Execution, execution.ExecutionId));

    private FeedCohort Watch(CohortPlayer player, WatchedExecution execution, FeedBuffer buffer) => new(
        player.Cohort!, player.Part!, PayloadPlans.Of(player.Part!.Output?.Options), $"{execution.SimulationId}", engine.Clock.ZeroOn(time), buffer, loggers.CreateLogger<CohortViewer>());
}
