namespace SimulationManager.Core.Grains;

/// <summary>
/// Plays one agent that a person added to a simulation by hand; its key is the instance's id. It plays its template's bag over
/// and over until it is stopped, and writes to the instance's row how it fares. Every command may be repeated.
/// </summary>
public interface IManualInstanceGrain : IGrainWithIntegerKey
{
    /// <summary>Lets the agent play. Returns once it is under way.</summary>
    /// <exception cref="KeyNotFoundException">There is no such instance.</exception>
    Task Start();

    /// <summary>Ends the agent.</summary>
    Task Stop();
}
