namespace SimulationManager.Core.Grains;

/// <summary>Why agents are neither added nor removed.</summary>
public enum AgentChangeRefusal
{
    /// <summary>The run has no such step or group.</summary>
    UnknownPart,

    /// <summary>Several groups play, and the command names none.</summary>
    SeveralPartsPlay,

    /// <summary>The step or group does not play now, or none does.</summary>
    NotPlaying,

    /// <summary>The step or group would have had more agents than one may have.</summary>
    TooManyAgents,

    /// <summary>No agent that plays would remain.</summary>
    NoneRemain,

    /// <summary>The step or group was changed as often as it may be.</summary>
    TooManyChanges,
}

/// <summary>A <see cref="RunCommand.ChangeAgents"/> that cannot be carried out; nothing was changed.</summary>
[GenerateSerializer]
public sealed class AgentChangeRefusedException(AgentChangeRefusal reason) : Exception($"Agents are neither added nor removed: {reason}.")
{
    [Id(0)] public AgentChangeRefusal Reason { get; } = reason;
}
