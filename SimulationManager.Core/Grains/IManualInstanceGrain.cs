using SimulationManager.Core.Model;

namespace SimulationManager.Core.Grains;

/// <summary>
/// Plays one agent that a person added to a simulation by hand; its key is the instance's id. It plays its template's bag over
/// and over until it is stopped, and writes to the instance's row how it fares. A command says which <see cref="Instance.CommandEpoch"/>
/// its caller has read; it returns false, and changes nothing, when another command was persisted since. The caller then
/// reads it anew and repeats the command.
/// </summary>
public interface IManualInstanceGrain : IGrainWithIntegerKey
{
    /// <summary>Lets the agent play, or go on if it does. Returns once it is under way; false also when it was about to stop, once it has.</summary>
    /// <exception cref="KeyNotFoundException">There is no such instance.</exception>
    Task<bool> Start(long seen);

    /// <summary>Ends the agent.</summary>
    Task<bool> Stop(long seen);
}
