using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Grains;

/// <summary>
/// Coordinates one execution; its key is the execution's id. The frozen plan and every state change are in PostgreSQL, so
/// that the grain can be lost with its silo and picked up elsewhere.
/// </summary>
public interface IExecutionGrain : IGrainWithIntegerKey
{
    /// <summary>Starts the run, or resumes it where an earlier activation left it; may be repeated. Returns once it is under way.</summary>
    /// <exception cref="KeyNotFoundException">There is no such execution.</exception>
    Task Start();

    /// <summary>Changes what is asked of the run. Returns once that is persisted, and after a stop once the run has ended.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="seen">
    /// The <see cref="Execution.CommandEpoch"/> that the caller has read. A call may be delivered long after its caller has given it
    /// up; it must not act after a command that was given later.
    /// </param>
    /// <returns>The run's state: a run that has ended takes no command. Null: nothing was changed, because another command was persisted since.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value of the command is not within its range.</exception>
    /// <exception cref="AgentChangeRefusedException">The part cannot get or lose so many agents now.</exception>
    Task<RunStatus?> Command(RunCommand command, long seen);

    /// <summary>The silos on which agents play, or are to, in Orleans' parsable form; null once the run has ended.</summary>
    Task<IReadOnlyList<string>?> GetSilos();

    /// <summary>The state as this grain sees it now, fresher than what Redis has.</summary>
    Task<LiveExecution> GetState();
}
