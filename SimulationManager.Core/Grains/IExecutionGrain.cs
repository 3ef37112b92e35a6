using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Grains;

/// <summary>
/// Coordinates one execution; its key is the execution's id. The frozen plan and every state change are in PostgreSQL, so
/// that the grain can be lost with its silo and picked up elsewhere. Every command may be repeated.
/// </summary>
public interface IExecutionGrain : IGrainWithIntegerKey
{
    /// <summary>Starts the run, or resumes it where an earlier activation left it. Returns once it is under way.</summary>
    /// <exception cref="KeyNotFoundException">There is no such execution.</exception>
    Task Start();

    /// <summary>Ends all agents (within 2 s) and records STOPPED. Returns the state the execution has ended in, which may be another one.</summary>
    Task<RunStatus> Stop();

    /// <summary>Pauses all agents, and the time limit. Returns the run's state: a run that has ended takes no command.</summary>
    Task<RunStatus> Pause();

    /// <summary>Lets paused agents go on. Returns the run's state: a run that has ended takes no command.</summary>
    Task<RunStatus> Resume();

    /// <summary>
    /// Moves the agents of the parts that play, or are made ready as the run's first, to a position of their pass. Returns the run's
    /// state: a run that has ended takes no command.
    /// </summary>
    Task<RunStatus> Seek(TimeSpan position);

    /// <summary>Changes the speed of all agents. Returns the run's state: a run that has ended takes no command.</summary>
    /// <param name="rate"><see cref="PlaybackOptions.MinRate"/>–<see cref="PlaybackOptions.MaxRate"/>.</param>
    Task<RunStatus> SetRate(double rate);

    /// <summary>
    /// Spreads the agents of the parts that play over the silos anew, so that all have about the same to do; they move between two
    /// messages and keep their times. Returns the run's state: a run that has ended takes no command.
    /// </summary>
    Task<RunStatus> Rebalance();

    /// <summary>The state as this grain sees it now, fresher than what Redis has.</summary>
    Task<LiveExecution> GetState();
}
