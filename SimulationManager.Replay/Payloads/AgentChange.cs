using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>What of the changes depends on the agent alone. Immutable.</summary>
public sealed class AgentChange
{
    internal AgentChange(FrameNames? frames, PositionOffset offset) => (Frames, Offset) = (frames, offset);

    /// <summary>The agent's names of frames; null when they are those recorded.</summary>
    public FrameNames? Frames { get; }

    /// <summary>How far the agent is from where the recorded robot was.</summary>
    public PositionOffset Offset { get; }

    /// <summary>Bytes that a payload takes at most once it is changed, whatever is in it.</summary>
    /// <param name="recordedLength">Bytes that it takes as recorded.</param>
    public long LongestPayload(int recordedLength) => Frames?.LongestPayload(recordedLength) ?? recordedLength;
}

/// <summary>Makes what each agent changes in payloads. Immutable; one for all agents with the same options, whose tables they share.</summary>
public sealed class AgentChanges
{
    private readonly PayloadOptions _options;
    private readonly FrameNames? _shared;

    /// <param name="options">What is to be changed.</param>
    /// <exception cref="ArgumentException">The agents' names are nothing but slashes.</exception>
    public AgentChanges(PayloadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Identity?.Of(1).Trim('/') is "") throw new ArgumentException("Agents must have names, to begin those of frames with.", nameof(options));
        _options = options;
        _shared = options.Identity is null ? null : new FrameNames("", options.SharedFrames.Select(frame => KeyValuePair.Create(frame, frame)));
    }

    /// <summary>The changes of one agent, which are worth keeping.</summary>
    /// <param name="agent">Its number; numbers count from 1.</param>
    public AgentChange Of(long agent) => new(
        // Names of frames begin with no slash (tf2), and the agent's name may be one of a namespace.
        _shared?.WithPrefix($"{_options.Identity!.Of(agent).Trim('/')}/"),
        _options.PoseOffset?.OffsetOf(agent) ?? default);

    /// <summary>The changes of an agent that has a name already: that of its frames alone.</summary>
    /// <param name="name">Its name, whatever the pattern says.</param>
    public AgentChange Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new AgentChange(_shared?.WithPrefix($"{name.Trim('/')}/"), default);
    }
}
