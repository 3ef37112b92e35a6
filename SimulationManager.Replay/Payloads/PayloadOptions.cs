namespace SimulationManager.Replay;

/// <summary>What becomes of the stamps in payloads.</summary>
public enum StampMode
{
    /// <summary>They stay as recorded.</summary>
    Recorded,

    /// <summary>Each becomes the time at which its message is due.</summary>
    Now,

    /// <summary>
    /// Each is moved by the time from the recorded time of its message to the time at which it is due: at rate 1 the differences between stamps stay,
    /// and passes follow each other in time.
    /// </summary>
    Offset,
}

/// <summary>What is changed in payloads on their way from the recording to the wire. By default nothing is. Immutable.</summary>
public sealed record PayloadOptions
{
    /// <summary>What becomes of stamps.</summary>
    public StampMode Stamps { get; init; }

    /// <summary>
    /// The agents' names, such as <c>robot_{n:000}</c>: coordinate frames begin with them (<c>robot_007/base_link</c>). Null: frames keep their names.
    /// </summary>
    public AgentPattern? Identity { get; init; }

    /// <summary>Frames that all agents share, which keep their names.</summary>
    public IReadOnlyList<string> SharedFrames { get; init; } = ["map", "world", "earth"];

    /// <summary>Where agents are. Null: all are where the recorded robot was.</summary>
    public AgentLayout? PoseOffset { get; init; }

    /// <summary>
    /// The frames, as recorded, in which <see cref="PoseOffset"/> moves poses. Transforms between two of them stay. Where a recording turns
    /// <c>odom</c> in <c>map</c>, name <c>map</c> alone: the transform from map to odom is then moved, and what is given in odom stays.
    /// </summary>
    public IReadOnlyList<string> GlobalFrames { get; init; } = ["map", "odom", "world"];

    /// <summary>The name of an agent, a level of its topics.</summary>
    /// <param name="simulation">The simulation's number.</param>
    /// <param name="number">The agent's number within the simulation's run.</param>
    public string NameOf(string simulation, long number) => Identity?.Of(number) ?? $"instance-{simulation}-{number}";

    /// <summary>Whether there is anything to change.</summary>
    public bool ChangesAnything => Stamps != StampMode.Recorded || Identity is not null || PoseOffset is not null;
}
