namespace SimulationManager.Replay;

/// <summary>Where an agent is on its way through a recording.</summary>
/// <param name="Agent">The agent's number.</param>
/// <param name="Next">Index of the first message of the timeline that it has not put out in this pass.</param>
/// <param name="Pass">Passes that it has behind it.</param>
public readonly record struct AgentPlace(long Agent, int Next, int Pass);
