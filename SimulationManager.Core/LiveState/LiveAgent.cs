using SimulationManager.Core.Model;

namespace SimulationManager.Core.LiveState;

/// <summary>One agent of a running step or group, as its silo saw it at most some two seconds ago.</summary>
/// <param name="InstanceId">Its number within its execution.</param>
/// <param name="Status">How it stands.</param>
/// <param name="RepeatsDone">Passes of the bag that it has finished.</param>
/// <param name="Position">Nanoseconds into the pass that it is playing.</param>
/// <param name="MessagesOut">Messages that it has put out.</param>
/// <param name="MessagesDropped">Messages that it has left out because they were too late.</param>
/// <param name="LatenessP50">Microseconds; with more than a thousand agents on a silo a few seconds old.</param>
/// <param name="LatenessP99">Microseconds; as above.</param>
public readonly record struct LiveAgent(
    long InstanceId, RunStatus Status, int RepeatsDone, long Position, long MessagesOut, long MessagesDropped, int LatenessP50, int LatenessP99);

/// <summary>The agents of one part that one silo plays, by their numbers, ascending.</summary>
public sealed record LiveCohort
{
    /// <summary>Rises with each assignment: of two that name the same agent, the greater one plays it.</summary>
    public required long CohortId { get; init; }

    /// <summary>Address of the silo.</summary>
    public required string Silo { get; init; }

    /// <summary>Nanoseconds from the bag's first message to where a pass starts.</summary>
    public required long PassStart { get; init; }

    /// <summary>Nanoseconds of one pass.</summary>
    public required long PassLength { get; init; }

    public required IReadOnlyList<LiveAgent> Agents { get; init; }
}
